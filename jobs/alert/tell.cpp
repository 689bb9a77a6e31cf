#include "jobs/alert/tell.hpp"

#include "core/base/json_text.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/alert/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::alert {
namespace {

constexpr int k_alerts_at_once = 1000;
constexpr int k_groups_at_once = 100;
constexpr const char* k_digest = "digest:";

bool decide_some(db::Connection& connection, const Settings& settings, TellCounts& counts) {
    db::Transaction tx(connection);
    if (!db::try_transaction_lock(tx, db::LockClass::alert_routing, "alert")) {
        counts.busy = true;
        return false;
    }
    const auto alerts = load_waiting(tx, k_alerts_at_once);
    if (alerts.empty())
        return false;
    const auto decisions = decide(settings, alerts, load_scene(tx, settings, alerts));
    std::vector<Join> joins;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        counts.suppressed += decisions[i].suppressed ? 1 : 0;
        for (const auto& [route, group] : decisions[i].groups)
            joins.push_back({group, alerts[i].id, alerts[i].received_us, route, std::nullopt});
    }
    store_decisions(tx, alerts, decisions);
    store_joins(tx, joins);
    tx.commit(Failpoint::alert_decide_commit);
    counts.decided += static_cast<std::int64_t>(alerts.size());
    return true;
}

/// One round over groups that are due.
class Round {
public:
    Round(db::Transaction& tx, const Settings& settings) : tx_(tx), settings_(settings) {
        scene_ = load_scene(tx, settings, {});
        buckets_ = load_buckets(tx);
    }
    std::size_t run(bool hurry, TellCounts& counts) {
        auto groups = load_due_groups(tx_, scene_.now_us, hurry, k_groups_at_once);
        for (Group& group : groups)
            hush(group);
        load_listed(groups);
        for (const Group& group : groups)
            turn_of(group);
        store(counts);
        return groups.size();
    }

private:
    [[nodiscard]] const Route& route_of(const Group& group) const {
        const Route* route = settings_.find_route(group.key.route);
        return route != nullptr ? *route : settings_.root; // the tree was changed meanwhile
    }

    // A silence made while the group waited holds too.
    void hush(Group& group) {
        if (group.key.key.starts_with(k_digest))
            return;
        const Route& route = route_of(group);
        std::erase_if(group.fresh, [&](const Alert& alert) {
            const auto found = suppression(settings_, route, alert, scene_);
            if (found) {
                hushed_.push_back({alert.id, found->by, found->what});
                left_.emplace_back(group.id, alert.id);
            }
            return found.has_value();
        });
        std::erase_if(group.firing, [&](const Alert& alert) {
            return suppression(settings_, route, alert, scene_).has_value();
        });
    }

    void load_listed(const std::vector<Group>& groups) {
        std::vector<std::string> ids;
        for (const Group& group : groups)
            for (const Alert& alert : listed(group))
                ids.push_back(alert.id);
        details_ = load_details(tx_, ids);
    }
    static std::vector<Alert> members(const Group& group) {
        auto all = group.fresh;
        all.insert(all.end(), group.firing.begin(), group.firing.end());
        return all;
    }
    static std::vector<Alert> listed(const Group& group) {
        auto all = members(group);
        all.resize(std::min(all.size(), k_listed_max));
        return all;
    }

    void turn_of(const Group& group) {
        const Route& route = route_of(group);
        if (group.key.key.starts_with(k_digest))
            return digest(group, route);
        const bool goes_on =
            !group.firing.empty() ||
            std::any_of(group.fresh.begin(), group.fresh.end(),
                        [&](const Alert& alert) { return alert.firing(scene_.now_us); });
        const Turn turned = turn(route, group.times, !group.fresh.empty(), goes_on, scene_.now_us);
        Moved moved{group.id, turned.reason != nullptr, turned.next_us};
        if (moved.told)
            moved.told = notify(group, route, turned.reason);
        moved_.push_back(moved);
    }

    void digest(const Group& group, const Route& route) {
        const std::string channel = group.key.labels.at("channel");
        Moved moved{group.id, false, std::nullopt};
        const bool gone = !settings_.channels.contains(channel);
        if (!group.fresh.empty() && !gone && route.throttle) {
            const auto taken = take(route, channel);
            if (!taken.free) {
                moved_.push_back({group.id, false, taken.next_us});
                return;
            }
        }
        if (!group.fresh.empty() && !gone) {
            Notice notice = notice_of(group, "digest");
            add_deliveries(notice, group, route, channel, "digest");
            notices_.push_back(std::move(notice));
            moved.told = true;
        }
        moved_.push_back(moved);
    }

    /// False: all of it waits in digests.
    bool notify(const Group& group, const Route& route, const char* reason) {
        const auto& receiver = settings_.receivers.at(route.receiver);
        Notice notice = notice_of(group, reason);
        bool told = receiver.channels.empty();
        for (const auto& channel : chosen_channels(settings_, receiver.channels, group.key.hints)) {
            if (throttled(group, route, channel))
                continue;
            add_deliveries(notice, group, route, channel, reason);
            told = true;
        }
        if (told) {
            notices_.push_back(std::move(notice));
            return true;
        }
        for (const Alert& alert : group.fresh) {
            hushed_.push_back({alert.id, "throttle", route.path});
            left_.emplace_back(group.id, alert.id);
        }
        return false;
    }

    Taken take(const Route& route, const std::string& channel) {
        auto& full = buckets_[{route.path, channel}];
        const auto taken = take_token(
            *route.throttle, full == 0 ? std::nullopt : std::optional(full), scene_.now_us);
        full = taken.full_us;
        return taken;
    }

    bool throttled(const Group& group, const Route& route, const std::string& channel) {
        if (!route.throttle ||
            (highest_severity(members(group)) == "critical" && !route.mute_critical))
            return false;
        const auto taken = take(route, channel);
        if (taken.free)
            return false;
        const GroupKey key{
            k_digest + route.path + ":" + channel, route.path, {{"channel", channel}}, {}};
        for (const Alert& alert : group.fresh)
            joins_.push_back({key, alert.id, alert.received_us, &route, taken.next_us});
        return true;
    }

    [[nodiscard]] Notice notice_of(const Group& group, const char* reason) const {
        Notice notice{group.id, group.times.number + 1, reason, {}, {}};
        for (const Alert& alert : members(group))
            notice.members.push_back(alert.id);
        return notice;
    }

    void add_deliveries(Notice& notice, const Group& group, const Route& route,
                        const std::string& name, const char* reason) {
        const Channel& channel = *settings_.channels.at(name);
        const auto& receiver = settings_.receivers.at(route.receiver);
        Telling telling{data_of(group, route, reason), std::to_string(group.id)};
        telling.data["channel"] = name;
        for (const auto& target : channel.targets()) {
            telling.data["target"] = target;
            telling.data["key"] = idempotency_key(group.id, notice.number, name, target);
            notice.deliveries.push_back(
                {name, target, telling.data.at("severity").get<std::string>(),
                 dumped(channel.payload(telling, *receiver.texts, target))});
        }
    }

    [[nodiscard]] Json data_of(const Group& group, const Route& route, const char* reason) const {
        const auto all = members(group);
        Json alerts = Json::array();
        for (const Alert& alert : listed(group))
            if (const auto found = details_.find(alert.id); found != details_.end())
                alerts.push_back(found->second);
        std::string about;
        for (const auto& [name, value] : group.key.labels)
            about += " " + value;
        const std::string title =
            all.size() == 1 && !alerts.empty()
                ? alerts[0].at("summary").get<std::string>()
                : fmt::format("{} alerts{}{}", all.size(),
                              std::string_view(reason) == "digest" ? " held back by the throttle:"
                                                                   : ":",
                              about);
        return {{"title", title},
                {"severity", highest_severity(all)},
                {"reason", reason},
                {"number", group.times.number + 1},
                {"receiver", route.receiver},
                {"total", all.size()},
                {"more", all.size() - alerts.size()},
                {"group",
                 {{"id", std::to_string(group.id)},
                  {"key", group.key.key},
                  {"route", group.key.route},
                  {"labels", group.key.labels}}},
                {"alerts", alerts},
                {"text", ""}};
    }

    void store(TellCounts& counts) {
        store_notices(tx_, notices_);
        store_left(tx_, left_);
        store_hushed(tx_, hushed_);
        store_moved(tx_, moved_, scene_.now_us);
        store_joins(tx_, joins_);
        store_buckets(tx_, buckets_);
        counts.notifications += static_cast<std::int64_t>(notices_.size());
        for (const Notice& notice : notices_)
            counts.deliveries += static_cast<std::int64_t>(notice.deliveries.size());
        counts.suppressed += static_cast<std::int64_t>(hushed_.size());
    }

    db::Transaction& tx_;
    const Settings& settings_;
    Scene scene_;
    Buckets buckets_;
    std::map<std::string, Json> details_;
    std::vector<Notice> notices_;
    std::vector<Hushed> hushed_;
    std::vector<std::pair<long long, std::string>> left_;
    std::vector<Moved> moved_;
    std::vector<Join> joins_;
};

bool tell_some(db::Connection& connection, const Settings& settings, bool hurry,
               TellCounts& counts) {
    db::Transaction tx(connection);
    if (!db::try_transaction_lock(tx, db::LockClass::alert_routing, "alert")) {
        counts.busy = true;
        return false;
    }
    const std::size_t groups = Round(tx, settings).run(hurry, counts);
    if (groups == 0)
        return false;
    tx.commit(Failpoint::alert_tell_commit);
    return true;
}

} // namespace

TellCounts tell(db::Connection& connection, const Settings& settings, bool hurry) {
    TellCounts counts;
    while (stop_signal() == 0 && decide_some(connection, settings, counts)) {
    }
    while (stop_signal() == 0 && tell_some(connection, settings, hurry, counts)) {
    }
    return counts;
}

} // namespace harmonia::alert
