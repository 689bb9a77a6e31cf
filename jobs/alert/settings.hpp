// The section `alerts` of the configuration: who is notified of what, when and over which channel.
// Its form is in docs/reference/alerts.md.
#pragma once

#include "core/config/value.hpp"
#include "jobs/alert/channels/channel.hpp"
#include "jobs/alert/interval.hpp"
#include "jobs/alert/matcher.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::alert {

/// At most `max` notifications per channel within `per`; the alerts above that go into one digest.
struct Throttle {
    int max = 0;
    std::int64_t per_us = 0;
};

/// One node of the tree of routes. Keys that it omits are inherited from its parent.
struct Route {
    std::string path = "0"; ///< its position: 0, its second child 0.1 …
    Matchers matchers;
    bool continue_matching = false; ///< `continue`: siblings after it may match too
    std::string receiver = "default";
    std::vector<std::string> group_by{"kind", "ruleset"};
    bool by_every_label = false; ///< `...`
    std::int64_t group_wait_us = 30'000'000, group_interval_us = 300'000'000,
                 repeat_us = 4 * 3'600'000'000LL, dedup_us = 24 * 3'600'000'000LL;
    std::optional<Throttle> throttle;
    std::vector<std::string> active, mute; ///< names of intervals
    bool mute_critical = false;            ///< critical alerts are muted and throttled too
    std::vector<Route> routes;
};

struct Receiver {
    std::vector<std::string> channels;
    std::shared_ptr<const Texts> texts;
};

/// For `lasts` after an alert that matches `source`, alerts that match `target` and have the same
/// labels `equal` are suppressed.
struct Inhibition {
    Matchers source, target;
    std::vector<std::string> equal;
    std::int64_t lasts_us = 3'600'000'000LL;
};

inline constexpr const char* k_fallback_path = "fallback"; ///< path of the route of delivery.dead

struct Settings {
    Route root;
    Route fallback; ///< alerts of kind delivery.dead go here and nowhere else
    std::map<std::string, Receiver> receivers;
    std::map<std::string, std::shared_ptr<const Channel>> channels;
    Intervals intervals;
    std::vector<Inhibition> inhibitions;
    std::string fallback_channel; ///< empty: none
    bool publish = false;         ///< raised alerts also go to the exchange harmonia.alerts

    /// Error(config) placed at the mistake, also for bad templates and unknown names.
    [[nodiscard]] static Settings load(const config::Value& root);
    [[nodiscard]] const Route* find_route(std::string_view path) const;
};

} // namespace harmonia::alert
