// What becomes of alerts: pure functions of the settings, what is stored, and one clock.
//
// An alert that arrives is suppressed (silence, inhibition, mute interval, repetition; in this
// order), or joins the groups of the routes that it takes. A group is told when its time comes.
#pragma once

#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::alert {

using observe::Labels;

struct Alert {
    std::string id, kind, severity;
    Labels labels;
    std::string fingerprint;
    std::int64_t received_us = 0;
    std::optional<std::int64_t> ends_at_us; ///< goes on until then
    std::vector<std::string> hints;
    /// Labels with `severity` and `kind`: what matchers see.
    [[nodiscard]] Labels matched() const;
    [[nodiscard]] bool critical() const { return severity == "critical"; }
    [[nodiscard]] bool firing(std::int64_t now_us) const {
        return ends_at_us && *ends_at_us > now_us;
    }
};

struct Silence {
    long long id = 0;
    Matchers matchers;
    std::int64_t starts_us = 0, ends_us = 0;
};

/// What is known beside the alerts at hand.
struct Scene {
    std::int64_t now_us = 0;
    std::vector<Silence> silences{};
    std::vector<Alert> recent{}; ///< that may inhibit others
    /// By fingerprint: the newest alert of it that was told, and when it came.
    std::map<std::string, std::pair<std::string, std::int64_t>> told{};
};

struct Suppression {
    std::string by;   ///< silence, inhibition, mute or dedup
    std::string what; ///< which silence, alert or interval
};

/// Silence, inhibition, mute interval of `route`; for an alert that comes, and again when its group
/// is told.
[[nodiscard]] std::optional<Suppression> suppression(const Settings& settings, const Route& route,
                                                     const Alert& alert, const Scene& scene);

/// The routes that an alert takes: of each level the first that matches, further ones after
/// `continue`; the deepest of each. Never empty.
[[nodiscard]] std::vector<const Route*> routes_of(const Settings& settings, const Alert& alert);

/// A group as a key and the labels that its members share.
struct GroupKey {
    std::string key, route;
    Labels labels;
    std::vector<std::string> hints;
};
[[nodiscard]] GroupKey group_of(const Route& route, const Alert& alert);

struct Decision {
    std::optional<Suppression> suppressed;
    std::string repeats; ///< id of the alert whose count it raises, when by == dedup
    std::vector<std::pair<const Route*, GroupKey>> groups;
};
/// For alerts in the order of their arrival; they also stand for one another in the scene.
[[nodiscard]] std::vector<Decision> decide(const Settings& settings, std::span<const Alert> alerts,
                                           Scene scene);

struct GroupTimes {
    int number = 0; ///< of its last notification
    std::optional<std::int64_t> last_sent_us, next_us;
};
/// When a group is looked at, now that an alert which came at `received_us` joined it.
[[nodiscard]] std::int64_t due_with(const Route& route, const GroupTimes& times,
                                    std::int64_t received_us);

/// What a group that is due tells: nothing, or why it tells; and when it is looked at again.
struct Turn {
    const char* reason = nullptr; ///< first, new members, reminder
    std::optional<std::int64_t> next_us;
};
[[nodiscard]] Turn turn(const Route& route, const GroupTimes& times, bool has_new, bool has_firing,
                        std::int64_t now_us);

/// A bucket of tokens kept as one instant: when it is full again.
struct Taken {
    bool free = false;
    std::int64_t full_us = 0; ///< after it was taken; unchanged when it was not
    std::int64_t next_us = 0; ///< when there is a token again
};
[[nodiscard]] Taken take_token(const Throttle& throttle, std::optional<std::int64_t> full_us,
                               std::int64_t now_us);

/// Channels of a receiver that fit the hints (kinds of channel); all when none does.
[[nodiscard]] std::vector<std::string> chosen_channels(const Settings& settings,
                                                       const std::vector<std::string>& channels,
                                                       const std::vector<std::string>& hints);

/// The highest of critical, warning, info.
[[nodiscard]] std::string highest_severity(std::span<const Alert> alerts);

} // namespace harmonia::alert
