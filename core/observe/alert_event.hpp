// Alerts as events: what happened that somebody should know of. Whoever notices it raises it in the
// transaction of the change itself; the command `alert` groups, routes and delivers what was raised
// (docs/reference/alerts.md).
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
    std::optional<std::int64_t> ends_at_us; ///< it goes on until then; empty: it happened once
    Labels labels;                          ///< `kind` is added when it is missing
    std::string summary;                    ///< one line, cut to 200 characters
    std::string details = "{}";             ///< JSON object, at most k_alert_json_max
    std::string correlation = "{}"; ///< JSON object: run, batch, transaction, verdict, rule set
    std::optional<VerdictKey> verdict;
    std::optional<long long> payment_id; ///< its screening.standing.alert_state follows the alert
    std::vector<std::string> hints; ///< kinds of channel wanted (email, sms); empty: all of a route
    std::string source;             ///< program and host; empty: this one
    std::string id;                 ///< UUID; empty: of the verdict and kind, or a fresh version 7
};

/// Bytes of details and of correlation at most: more is a file, not a message.
inline constexpr std::size_t k_alert_json_max = 64UL * 1024;

/// The exchange that alerts are published to when `alerts.publish` is set.
inline constexpr const char* k_alert_exchange = "harmonia.alerts";

[[nodiscard]] bool is_alert_kind(std::string_view kind);
[[nodiscard]] bool is_alert_severity(std::string_view severity);

/// SHA-256, hexadecimal, over `name=value\n` of each label in order of names: alerts of one
/// fingerprint are repetitions of one another.
[[nodiscard]] std::string fingerprint(const Labels& labels);

/// The id that the event will be stored under.
[[nodiscard]] std::string alert_id(const AlertEvent& event);

/// `fraud.critical.declined`, `ops.warning.import_rejects`: the key an alert is published under.
[[nodiscard]] std::string alert_routing_key(const AlertEvent& event);

/// The event as JSON, version 1: what is published and what feeds of alerts read.
[[nodiscard]] std::string alert_json(const AlertEvent& event);

struct RaiseOptions {
    bool publish = false; ///< also a message to the exchange harmonia.alerts (`alerts.publish`)
};

/// Stores the events in screening.alert, in the caller's transaction: one statement for all and
/// one NOTIFY harmonia_alert. An event whose id is there already is left out. Payments of new
/// alerts become `queued`. Card numbers in texts are masked. Error(internal) for a kind or severity
/// that does not exist and for details that begin no object or are too long; the server refuses
/// what is no JSON. Returns how many were new.
std::size_t raise_alerts(db::Transaction& tx, std::span<const AlertEvent> events,
                         const RaiseOptions& options = {});

} // namespace harmonia::observe
