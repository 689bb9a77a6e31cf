// Decisions about alerts: pure functions of the settings, the stored state, and one clock.
//
// An alert that arrives is suppressed (silence, inhibition, mute interval, duplicate; in this
// order), or joins the groups of the routes that match it. A group is notified when it is due.
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
    std::optional<std::int64_t> ends_at_us; ///< firing until then
    std::vector<std::string> hints;
    /// The labels with `severity` and `kind`: what matchers see.
    [[nodiscard]] Labels matched() const;
    [[nodiscard]] bool critical() const { return severity == "critical"; }
    [[nodiscard]] bool firing(std::int64_t now_us) const {
        return ends_at_us && *ends_at_us > now_us;
    }
};

struct Silence {
    std::int64_t id = 0;
    Matchers matchers;
    std::int64_t starts_us = 0, ends_us = 0;
};

/// The state that decisions depend on, as of one instant.
struct Snapshot {
    std::int64_t now_us = 0;
    std::vector<Silence> silences{};
    std::vector<Alert> recent{}; ///< alerts that may inhibit others
    /// By fingerprint: the newest alert that was not suppressed, and when it arrived.
    std::map<std::string, std::pair<std::string, std::int64_t>> notified{};
};

struct Suppression {
    std::string by;   ///< silence, inhibition, mute or dedup
    std::string what; ///< which silence, alert or interval
};

/// A silence, an inhibition or a mute interval of `route`. Checked when an alert arrives, and again
/// when its group is due.
[[nodiscard]] std::optional<Suppression> suppression(const Settings& settings, const Route& route,
                                                     const Alert& alert, const Snapshot& snapshot);

/// The routes that an alert takes: on each level the first match, and further ones after
/// `continue`; of each match the deepest route. Never empty.
[[nodiscard]] std::vector<const Route*> routes_of(const Settings& settings, const Alert& alert);

/// Identifies a group: its key, and the labels that its members share.
struct GroupKey {
    std::string key, route;
    Labels labels;
    std::vector<std::string> hints;
};
[[nodiscard]] GroupKey group_of(const Route& route, const Alert& alert);

struct Decision {
    std::optional<Suppression> suppressed;
    std::string duplicate_of; ///< id of the alert whose count it raises, if by == dedup
    std::vector<std::pair<const Route*, GroupKey>> groups;
};
/// For alerts in the order of their arrival; each also counts as recent for the others.
[[nodiscard]] std::vector<Decision> decide(const Settings& settings, std::span<const Alert> alerts,
                                           Snapshot snapshot);

struct GroupTimes {
    int number = 0; ///< of its last notification
    std::optional<std::int64_t> last_sent_us, next_us;
};
/// When a group is due after an alert that arrived at `received_us` joined it.
[[nodiscard]] std::int64_t due_with(const Route& route, const GroupTimes& times,
                                    std::int64_t received_us);

/// Whether a group that is due is notified, and when it is due again.
struct NotifyDecision {
    const char* reason = nullptr; ///< first, new members, reminder; null: not notified
    std::optional<std::int64_t> next_us;
};
[[nodiscard]] NotifyDecision notify_decision(const Route& route, const GroupTimes& times,
                                             bool has_new, bool has_firing, std::int64_t now_us);

/// A token bucket, stored as one instant: when it is full again.
struct TokenGrant {
    bool granted = false;
    std::int64_t full_us = 0; ///< of the bucket afterwards; unchanged when not granted
    std::int64_t next_us = 0; ///< when the next token is there
};
[[nodiscard]] TokenGrant take_token(const Throttle& throttle, std::optional<std::int64_t> full_us,
                                    std::int64_t now_us);

/// The channels of a receiver that match the hints (types of channel); all if none does.
[[nodiscard]] std::vector<std::string> chosen_channels(const Settings& settings,
                                                       const std::vector<std::string>& channels,
                                                       const std::vector<std::string>& hints);

/// The highest of critical, warning, info.
[[nodiscard]] std::string highest_severity(std::span<const Alert> alerts);

} // namespace harmonia::alert
