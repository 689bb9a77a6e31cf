#include "jobs/alert/decide.hpp"

#include "core/json/writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

bool agree(const Labels& a, const Labels& b, const std::vector<std::string>& names) {
    const auto value = [](const Labels& labels, const std::string& name) {
        const auto found = labels.find(name);
        return found == labels.end() ? std::string() : found->second;
    };
    return std::all_of(names.begin(), names.end(),
                       [&](const auto& name) { return value(a, name) == value(b, name); });
}

// Two alerts that each match both source and target of a rule do not inhibit each other: otherwise
// both would be suppressed.
bool inhibits(const Inhibition& rule, const Labels& source, const Labels& target) {
    if (!all_match(rule.source, source) || !all_match(rule.target, target) ||
        !agree(source, target, rule.equal))
        return false;
    return !(all_match(rule.target, source) && all_match(rule.source, target));
}

std::optional<Suppression> inhibition(const Settings& settings, const Alert& alert,
                                      const Labels& labels, const Snapshot& snapshot) {
    for (const Inhibition& rule : settings.inhibitions)
        for (const Alert& other : snapshot.recent)
            if (other.id != alert.id &&
                (other.firing(snapshot.now_us) ||
                 other.received_us + rule.lasts_us > snapshot.now_us) &&
                inhibits(rule, other.matched(), labels))
                return Suppression{"inhibition", other.id};
    return std::nullopt;
}

std::optional<Suppression> muted(const Settings& settings, const Route& route, const Alert& alert,
                                 std::int64_t now_us) {
    if (alert.critical() && !route.mute_critical)
        return std::nullopt;
    for (const auto& name : route.mute)
        if (contains(settings.intervals.at(name), now_us))
            return Suppression{"mute", name};
    const bool active =
        route.active.empty() ||
        std::any_of(route.active.begin(), route.active.end(), [&](const auto& name) {
            return contains(settings.intervals.at(name), now_us);
        });
    if (!active)
        return Suppression{"mute", fmt::format("not {}", fmt::join(route.active, ", "))};
    return std::nullopt;
}

// Depth first; true if the route matches.
bool descend(const Route& route, const Labels& labels, std::vector<const Route*>& out) {
    if (!all_match(route.matchers, labels))
        return false;
    bool deeper = false;
    for (const Route& child : route.routes)
        if (descend(child, labels, out)) {
            deeper = true;
            if (!child.continue_matching)
                break;
        }
    if (!deeper)
        out.push_back(&route);
    return true;
}

} // namespace

Labels Alert::matched() const {
    Labels all = labels;
    all.emplace("severity", severity);
    all.emplace("kind", kind);
    return all;
}

std::optional<Suppression> suppression(const Settings& settings, const Route& route,
                                       const Alert& alert, const Snapshot& snapshot) {
    const Labels labels = alert.matched();
    for (const Silence& silence : snapshot.silences)
        if (silence.starts_us <= snapshot.now_us && snapshot.now_us < silence.ends_us &&
            all_match(silence.matchers, labels))
            return Suppression{"silence", std::to_string(silence.id)};
    if (auto found = inhibition(settings, alert, labels, snapshot))
        return found;
    return muted(settings, route, alert, snapshot.now_us);
}

std::vector<const Route*> routes_of(const Settings& settings, const Alert& alert) {
    if (alert.kind == "delivery.dead")
        return {&settings.fallback};
    std::vector<const Route*> out;
    descend(settings.root, alert.matched(), out);
    return out;
}

GroupKey group_of(const Route& route, const Alert& alert) {
    GroupKey group{route.path, route.path, {}, alert.hints};
    const Labels all = alert.matched();
    if (route.by_every_label) {
        group.labels = alert.labels;
    } else {
        for (const auto& name : route.group_by)
            if (const auto found = all.find(name); found != all.end())
                group.labels.insert(*found);
    }
    group.key += json::dumped(Json(group.labels));
    if (!group.hints.empty())
        group.key += fmt::format("{}", fmt::join(group.hints, ","));
    return group;
}

std::vector<Decision> decide(const Settings& settings, std::span<const Alert> alerts,
                             Snapshot snapshot) {
    // All of them, later ones too: within one transaction the order of arrival does not matter.
    snapshot.recent.insert(snapshot.recent.end(), alerts.begin(), alerts.end());
    std::vector<Decision> out;
    for (const Alert& alert : alerts) {
        Decision decision;
        const auto routes = routes_of(settings, alert);
        for (const Route* route : routes) {
            auto found = suppression(settings, *route, alert, snapshot);
            if (!found)
                decision.groups.emplace_back(route, group_of(*route, alert));
            else if (!decision.suppressed)
                decision.suppressed = std::move(found);
        }
        if (!decision.groups.empty()) {
            decision.suppressed.reset();
            const auto notified = snapshot.notified.find(alert.fingerprint);
            const Route& first = *decision.groups.front().first;
            if (notified != snapshot.notified.end() &&
                alert.received_us < notified->second.second + first.dedup_us) {
                decision.suppressed = Suppression{"dedup", notified->second.first};
                decision.duplicate_of = notified->second.first;
                decision.groups.clear();
            } else {
                snapshot.notified[alert.fingerprint] = {alert.id, alert.received_us};
            }
        }
        out.push_back(std::move(decision));
    }
    return out;
}

std::int64_t due_with(const Route& route, const GroupTimes& times, std::int64_t received_us) {
    std::int64_t due = received_us + route.group_wait_us;
    if (times.last_sent_us)
        due = std::max(due, *times.last_sent_us + route.group_interval_us);
    return times.next_us ? std::min(due, *times.next_us) : due;
}

NotifyDecision notify_decision(const Route& route, const GroupTimes& times, bool has_new,
                               bool has_firing, std::int64_t now_us) {
    NotifyDecision out;
    if (has_new)
        out.reason = times.number == 0 ? "first" : "new members";
    else if (has_firing && times.last_sent_us && *times.last_sent_us + route.repeat_us <= now_us)
        out.reason = "reminder";
    if (has_firing)
        out.next_us = (out.reason != nullptr ? now_us : times.last_sent_us.value_or(now_us)) +
                      route.repeat_us;
    return out;
}

TokenGrant take_token(const Throttle& throttle, std::optional<std::int64_t> full_us,
                      std::int64_t now_us) {
    const std::int64_t each = throttle.per_us / throttle.max;
    const std::int64_t whole = each * throttle.max; // an empty bucket is full after this time
    const std::int64_t full = std::max(full_us.value_or(now_us), now_us);
    TokenGrant out{full + each <= now_us + whole, full, full + each - whole};
    if (out.granted)
        out.full_us = full + each;
    return out;
}

std::vector<std::string> chosen_channels(const Settings& settings,
                                         const std::vector<std::string>& channels,
                                         const std::vector<std::string>& hints) {
    std::vector<std::string> matching;
    for (const auto& name : channels)
        if (std::find(hints.begin(), hints.end(), settings.channels.at(name)->hint()) !=
            hints.end())
            matching.push_back(name);
    return matching.empty() ? channels : matching;
}

std::string highest_severity(std::span<const Alert> alerts) {
    std::string highest = "info";
    for (const Alert& alert : alerts)
        if (alert.critical() || (alert.severity == "warning" && highest == "info"))
            highest = alert.severity;
    return highest;
}

} // namespace harmonia::alert
