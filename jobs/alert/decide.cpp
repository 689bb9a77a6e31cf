#include "jobs/alert/decide.hpp"

#include "core/base/json_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// An alert that could be inhibited by the same rule does not inhibit by it, if the target could
// inhibit too: two of a kind would silence each other.
bool inhibits(const Inhibition& rule, const Labels& source, const Labels& target) {
    if (!all_match(rule.source, source) || !all_match(rule.target, target) ||
        !agree(source, target, rule.equal))
        return false;
    return !(all_match(rule.target, source) && all_match(rule.source, target));
}

std::optional<Suppression> inhibition(const Settings& settings, const Alert& alert,
                                      const Labels& labels, const Scene& scene) {
    for (const Inhibition& rule : settings.inhibitions)
        for (const Alert& other : scene.recent)
            if (other.id != alert.id &&
                (other.firing(scene.now_us) || other.received_us + rule.lasts_us > scene.now_us) &&
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

// Depth first; returns whether a child took it.
bool descend(const Route& route, const Labels& labels, std::vector<const Route*>& out) {
    if (!all_match(route.matchers, labels))
        return false;
    bool deeper = false;
    for (const Route& child : route.routes)
        if (descend(child, labels, out)) {
            deeper = true;
            if (!child.go_on)
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
                                       const Alert& alert, const Scene& scene) {
    const Labels labels = alert.matched();
    for (const Silence& silence : scene.silences)
        if (silence.starts_us <= scene.now_us && scene.now_us < silence.ends_us &&
            all_match(silence.matchers, labels))
            return Suppression{"silence", std::to_string(silence.id)};
    if (auto found = inhibition(settings, alert, labels, scene))
        return found;
    return muted(settings, route, alert, scene.now_us);
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
    group.key += dumped(Json(group.labels));
    if (!group.hints.empty())
        group.key += fmt::format("{}", fmt::join(group.hints, ","));
    return group;
}

std::vector<Decision> decide(const Settings& settings, std::span<const Alert> alerts, Scene scene) {
    // All of them, also later ones: what comes in one transaction has no order that matters.
    scene.recent.insert(scene.recent.end(), alerts.begin(), alerts.end());
    std::vector<Decision> out;
    for (const Alert& alert : alerts) {
        Decision decision;
        const auto routes = routes_of(settings, alert);
        for (const Route* route : routes) {
            auto found = suppression(settings, *route, alert, scene);
            if (!found)
                decision.groups.emplace_back(route, group_of(*route, alert));
            else if (!decision.suppressed)
                decision.suppressed = std::move(found);
        }
        if (!decision.groups.empty()) {
            decision.suppressed.reset();
            const auto told = scene.told.find(alert.fingerprint);
            const Route& first = *decision.groups.front().first;
            if (told != scene.told.end() &&
                alert.received_us < told->second.second + first.dedup_us) {
                decision.suppressed = Suppression{"dedup", told->second.first};
                decision.repeats = told->second.first;
                decision.groups.clear();
            } else {
                scene.told[alert.fingerprint] = {alert.id, alert.received_us};
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

Turn turn(const Route& route, const GroupTimes& times, bool has_new, bool has_firing,
          std::int64_t now_us) {
    Turn out;
    if (has_new)
        out.reason = times.number == 0 ? "first" : "new members";
    else if (has_firing && times.last_sent_us && *times.last_sent_us + route.repeat_us <= now_us)
        out.reason = "reminder";
    if (has_firing)
        out.next_us = (out.reason != nullptr ? now_us : times.last_sent_us.value_or(now_us)) +
                      route.repeat_us;
    return out;
}

Taken take_token(const Throttle& throttle, std::optional<std::int64_t> full_us,
                 std::int64_t now_us) {
    const std::int64_t each = throttle.per_us / throttle.max;
    const std::int64_t most = each * throttle.max; // an empty bucket is full so much later
    const std::int64_t full = std::max(full_us.value_or(now_us), now_us);
    Taken out{full + each <= now_us + most, full, full + each - most};
    if (out.free)
        out.full_us = full + each;
    return out;
}

std::vector<std::string> chosen_channels(const Settings& settings,
                                         const std::vector<std::string>& channels,
                                         const std::vector<std::string>& hints) {
    std::vector<std::string> fitting;
    for (const auto& name : channels)
        if (std::find(hints.begin(), hints.end(), settings.channels.at(name)->hint()) !=
            hints.end())
            fitting.push_back(name);
    return fitting.empty() ? channels : fitting;
}

std::string highest_severity(std::span<const Alert> alerts) {
    std::string highest = "info";
    for (const Alert& alert : alerts)
        if (alert.critical() || (alert.severity == "warning" && highest == "info"))
            highest = alert.severity;
    return highest;
}

} // namespace harmonia::alert
