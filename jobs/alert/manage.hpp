// What an operator does about alerts: inspects them, retries or cancels deliveries, creates
// silences.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::alert {

struct ChannelStatus {
    std::string channel;
    std::int64_t pending = 0, leased = 0, retry = 0, dead = 0, sent_day = 0; ///< sent: last 24 h
    std::string breaker_open_until; ///< RFC 3339; empty: closed
};
struct Status {
    std::int64_t undecided = 0, groups_waiting = 0, suppressed_day = 0, silences = 0;
    std::vector<ChannelStatus> channels;
};
[[nodiscard]] Status status(const db::Settings& database, const Settings& settings);

/// A JSON object, on one line and indented.
struct Shown {
    std::string json, indented;
};
/// An alert (its UUID) or a delivery (its number) with its whole history. Error(usage) when it does
/// not exist.
[[nodiscard]] Shown show(const db::Settings& database, const Settings& settings,
                         const std::string& id);

/// Dead deliveries start over with a new schedule; no ids: all. Returns how many.
std::int64_t retry(const db::Settings& database, const std::vector<std::int64_t>& ids);
/// Gives up pending deliveries that nobody is sending at the moment. Returns how many.
std::int64_t cancel(const db::Settings& database, const std::vector<std::int64_t>& ids);

struct NewSilence {
    std::vector<std::string> matchers;
    std::int64_t lasts_us = 0;  ///< at most 30 days
    std::int64_t begins_us = 0; ///< from now
    std::string author, comment;
};
/// Returns its number. Error(usage) for a bad matcher, no matcher, or too long a time.
std::int64_t add_silence(const db::Settings& database, const NewSilence& silence);
/// Ends silences now and returns how many were active or pending. Deletes those that ended more
/// than 120 h ago.
std::int64_t expire_silences(const db::Settings& database, const std::vector<std::int64_t>& ids);
struct SilenceRow {
    std::int64_t id = 0;
    std::string matchers, starts_at, ends_at, author, comment, state; ///< pending, active, expired
};
[[nodiscard]] std::vector<SilenceRow> list_silences(const db::Settings& database, bool all);

/// The routes that an alert with certain labels (`name=value`) would take.
struct RouteTest {
    struct Match {
        std::string route, receiver, group_key;
        std::vector<std::string> channels;
        std::string suppressed; ///< by what; empty: the receiver would be notified
    };
    std::vector<Match> routes;
};
[[nodiscard]] RouteTest route_test(const db::Settings& database, const Settings& settings,
                                   const std::vector<std::string>& labels);

} // namespace harmonia::alert
