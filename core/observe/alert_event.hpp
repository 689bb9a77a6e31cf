// Alerts as events: what happened and who should be notified. Whoever notices it raises the alert
// in the transaction of the change itself; the command `alert` groups, routes and delivers raised
// alerts (docs/reference/alerts.md).
//
// This stands in core although it writes screening.alert: several jobs raise alerts, and jobs do
// not include one another. The table keeps the schema of its first user.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {
class Transaction;
}

namespace harmonia::observe {

using Labels = std::map<std::string, std::string>; ///< sorted by name, as fingerprints want

/// A verdict by its natural key: makes the id of its alert, so that a verdict written again (a
/// repeated run) raises nothing new.
struct VerdictKey {
    std::string provider, feed_type, transaction_id, ruleset;
    int revision = 1;
};

struct AlertEvent {
    /// fraud.verdict, fraud.late_evidence, fraud.rate, rules.activated, import.rejects,
    /// screen.failed, delivery.dead.
    std::string kind;
    std::string severity = "warning";       ///< critical, warning or info
    std::int64_t at_us = 0;                 ///< when it happened, microseconds since 1970 UTC
    std::optional<std::int64_t> ends_at_us; ///< firing until then; empty: it happened once
    Labels labels;                          ///< `kind` is added if missing
    std::string summary;                    ///< one line, cut to 200 characters
    std::string details = "{}";             ///< JSON object, at most k_alert_json_max
    std::string correlation = "{}"; ///< JSON object: run, batch, transaction, verdict, rule set
    std::optional<VerdictKey> verdict;
    std::optional<std::int64_t>
        payment_id; ///< its screening.standing.alert_state follows the alert
    std::vector<std::string>
        hints;          ///< types of channel wanted (email, sms); empty: all of the route
    std::string source; ///< program and host; empty: this one
    std::string id;     ///< UUID; empty: made from verdict and kind, or a new version 7
};

/// Maximum bytes of details and of correlation: more is a file, not a message.
inline constexpr std::size_t k_alert_json_max = 64UL * 1024;

/// The exchange that alerts are published to if `alerts.publish` is set.
inline constexpr const char* k_alert_exchange = "harmonia.alerts";

[[nodiscard]] bool is_alert_kind(std::string_view kind);
[[nodiscard]] bool is_alert_severity(std::string_view severity);

/// SHA-256, hexadecimal, over `name=value\n` of each label in order of names: alerts with the same
/// fingerprint are duplicates of one another.
[[nodiscard]] std::string fingerprint(const Labels& labels);

/// The id under which the event is stored.
[[nodiscard]] std::string alert_id(const AlertEvent& event);

/// The routing key of a published alert: `fraud.critical.declined`, `ops.warning.import_rejects`.
[[nodiscard]] std::string alert_routing_key(const AlertEvent& event);

/// The event as JSON, version 1: the form that is published and that feeds of alerts read.
[[nodiscard]] std::string alert_json(const AlertEvent& event);

struct RaiseOptions {
    bool publish = false; ///< also to the exchange harmonia.alerts (`alerts.publish`)
};

/// Stores the events in screening.alert, in the caller's transaction: one statement for all and
/// one NOTIFY harmonia_alert. An event whose id exists already is left out. Payments of new alerts
/// become `queued`. Card numbers in texts are masked. Error(internal) for an unknown kind or
/// severity and for details that are not an object or too long; the server refuses invalid JSON.
/// Returns how many were new.
std::size_t raise_alerts(db::Transaction& tx, std::span<const AlertEvent> events,
                         const RaiseOptions& options = {});

} // namespace harmonia::observe
