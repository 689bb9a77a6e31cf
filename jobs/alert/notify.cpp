#include "jobs/alert/notify.hpp"

#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/alert/store.hpp"

#include <algorithm>

namespace harmonia::alert {
namespace {

constexpr int k_alerts_at_once = 1000;
constexpr int k_groups_at_once = 100;
constexpr const char* k_digest = "digest:"; // begins the keys of groups that collect for a digest

bool is_digest(const Group& group) {
    return group.key.key.starts_with(k_digest);
}

std::vector<Alert> members_of(const Group& group) {
    auto all = group.fresh;
    all.insert(all.end(), group.firing.begin(), group.firing.end());
    return all;
}

/// Of the members, those that a message lists.
std::vector<Alert> listed_of(const Group& group) {
    auto all = members_of(group);
    all.resize(std::min(all.size(), k_listed_max));
    return all;
}

bool decide_some(db::Connection& connection, const Settings& settings, NotifyCounts& counts) {
    db::Transaction tx(connection);
    if (!db::try_transaction_lock(tx, db::LockClass::alert_routing, "alert")) {
        counts.busy = true;
        return false;
    }
    const auto alerts = load_undecided(tx, k_alerts_at_once);
    if (alerts.empty())
        return false;
    const auto decisions = decide(settings, alerts, load_snapshot(tx, settings, alerts));
    std::vector<NewMember> members;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        counts.suppressed += decisions[i].suppressed ? 1 : 0;
        for (const auto& [route, group] : decisions[i].groups)
            members.push_back({group, alerts[i].id, alerts[i].received_us, route, std::nullopt});
    }
    store_decisions(tx, alerts, decisions);
    store_members(tx, members);
    tx.commit(Failpoint::alert_decide_commit);
    counts.decided += static_cast<std::int64_t>(alerts.size());
    return true;
}

/// One round over groups that are due.
class Round {
public:
    Round(db::Transaction& tx, const Settings& settings)
        : tx_(tx), settings_(settings), snapshot_(load_snapshot(tx, settings, {})),
          buckets_(load_buckets(tx)) {}

    std::size_t run(bool flush, NotifyCounts& counts) {
        auto groups = load_due_groups(tx_, snapshot_.now_us, flush, k_groups_at_once);
        for (Group& group : groups)
            suppress(group);
        load_listed(groups);
        for (const Group& group : groups)
            updates_.push_back(is_digest(group) ? digest(group) : update(group));
        store(counts);
        return groups.size();
    }

private:
    [[nodiscard]] const Route& route_of(const Group& group) const {
        const Route* route = settings_.find_route(group.key.route);
        return route != nullptr ? *route : settings_.root; // the routes were changed meanwhile
    }

    // A silence that was created while the group was waiting also applies.
    void suppress(Group& group) {
        if (is_digest(group))
            return;
        const Route& route = route_of(group);
        const auto suppress_fresh = [&](const Alert& alert) {
            const auto found = suppression(settings_, route, alert, snapshot_);
            if (found)
                drop(group, alert, *found);
            return found.has_value();
        };
        std::erase_if(group.fresh, suppress_fresh);
        std::erase_if(group.firing, [&](const Alert& alert) {
            return suppression(settings_, route, alert, snapshot_).has_value();
        });
    }
    void drop(const Group& group, const Alert& alert, const Suppression& why) {
        suppressed_.push_back({alert.id, why.by, why.what});
        removed_.emplace_back(group.id, alert.id);
    }

    void load_listed(const std::vector<Group>& groups) {
        std::vector<std::string> ids;
        for (const Group& group : groups)
            for (const Alert& alert : listed_of(group))
                ids.push_back(alert.id);
        details_ = load_details(tx_, ids);
    }

    GroupUpdate update(const Group& group) {
        const Route& route = route_of(group);
        const auto still_firing = [&](const Alert& alert) {
            return alert.firing(snapshot_.now_us);
        };
        const bool has_firing = !group.firing.empty() ||
                                std::any_of(group.fresh.begin(), group.fresh.end(), still_firing);
        const NotifyDecision decision =
            notify_decision(route, group.times, !group.fresh.empty(), has_firing, snapshot_.now_us);
        const bool notified =
            decision.reason != nullptr && add_notification(group, route, decision.reason);
        return {group.id, notified, decision.next_us};
    }

    GroupUpdate digest(const Group& group) {
        const Route& route = route_of(group);
        const auto channel = settings_.channels.find(group.key.labels.at("channel"));
        if (group.fresh.empty() || channel == settings_.channels.end())
            return {group.id, false, std::nullopt};
        if (route.throttle)
            if (const auto token = take(route, channel->first); !token.granted)
                return {group.id, false, token.next_us};
        auto notification = builder_of(group, route, "digest");
        notification.add(*channel->second, *settings_.receivers.at(route.receiver).texts);
        notifications_.push_back(notification.take());
        return {group.id, true, std::nullopt};
    }

    /// False: every channel is throttled, and all alerts wait in digests.
    bool add_notification(const Group& group, const Route& route, const char* reason) {
        const auto& receiver = settings_.receivers.at(route.receiver);
        auto notification = builder_of(group, route, reason);
        bool notified = receiver.channels.empty();
        for (const auto& name : chosen_channels(settings_, receiver.channels, group.key.hints)) {
            if (throttled(group, route, name))
                continue;
            notification.add(*settings_.channels.at(name), *receiver.texts);
            notified = true;
        }
        if (notified)
            notifications_.push_back(notification.take());
        else
            for (const Alert& alert : group.fresh)
                drop(group, alert, {"throttle", route.path});
        return notified;
    }

    TokenGrant take(const Route& route, const std::string& channel) {
        auto& full_us = buckets_[{route.path, channel}];
        const auto token =
            take_token(*route.throttle, full_us == 0 ? std::nullopt : std::optional(full_us),
                       snapshot_.now_us);
        full_us = token.full_us;
        return token;
    }

    bool throttled(const Group& group, const Route& route, const std::string& channel) {
        if (!route.throttle ||
            (highest_severity(members_of(group)) == "critical" && !route.mute_critical))
            return false;
        const auto token = take(route, channel);
        if (token.granted)
            return false;
        const GroupKey key{
            k_digest + route.path + ":" + channel, route.path, {{"channel", channel}}, {}};
        for (const Alert& alert : group.fresh)
            new_members_.push_back({key, alert.id, alert.received_us, &route, token.next_us});
        return true;
    }

    [[nodiscard]] NotificationBuilder builder_of(const Group& group, const Route& route,
                                                 const char* reason) const {
        std::vector<std::string> listed;
        for (const Alert& alert : listed_of(group))
            if (const auto found = details_.find(alert.id); found != details_.end())
                listed.push_back(found->second);
        return {group, route.receiver, reason, members_of(group), listed};
    }

    void store(NotifyCounts& counts) {
        store_notifications(tx_, notifications_);
        remove_members(tx_, removed_);
        store_suppressed(tx_, suppressed_);
        store_group_updates(tx_, updates_, snapshot_.now_us);
        // After the updates: these members make digest groups due.
        store_members(tx_, new_members_);
        store_buckets(tx_, buckets_);
        counts.notifications += static_cast<std::int64_t>(notifications_.size());
        for (const Notification& notification : notifications_)
            counts.deliveries += static_cast<std::int64_t>(notification.deliveries.size());
        counts.suppressed += static_cast<std::int64_t>(suppressed_.size());
    }

    db::Transaction& tx_;
    const Settings& settings_;
    const Snapshot snapshot_;
    Buckets buckets_;
    std::map<std::string, std::string> details_;
    std::vector<Notification> notifications_;
    std::vector<SuppressedAlert> suppressed_;
    std::vector<std::pair<std::int64_t, std::string>> removed_;
    std::vector<GroupUpdate> updates_;
    std::vector<NewMember> new_members_;
};

bool notify_some(db::Connection& connection, const Settings& settings, bool flush,
                 NotifyCounts& counts) {
    db::Transaction tx(connection);
    if (!db::try_transaction_lock(tx, db::LockClass::alert_routing, "alert")) {
        counts.busy = true;
        return false;
    }
    const std::size_t groups = Round(tx, settings).run(flush, counts);
    if (groups == 0)
        return false;
    tx.commit(Failpoint::alert_notify_commit);
    return true;
}

} // namespace

NotifyCounts notify(db::Connection& connection, const Settings& settings, bool flush) {
    NotifyCounts counts;
    while (stop_signal() == 0 && decide_some(connection, settings, counts)) {
    }
    while (stop_signal() == 0 && notify_some(connection, settings, flush, counts)) {
    }
    return counts;
}

} // namespace harmonia::alert
