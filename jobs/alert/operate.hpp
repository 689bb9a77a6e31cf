// What an operator does about alerts: looks, revives, gives up, silences.
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
    std::string resting_until; ///< its breaker is open; empty: no
};
struct Status {
    std::int64_t undecided = 0, groups_waiting = 0, suppressed_day = 0, silences = 0;
    std::vector<ChannelStatus> channels;
};
[[nodiscard]] Status status(const db::Settings& database, const Settings& settings);

/// An alert (its UUID) or a delivery (its number) with all that became of it, as JSON.
/// Error(usage) when there is none.
[[nodiscard]] Json show(const db::Settings& database, const Settings& settings,
                        const std::string& id);

/// Dead deliveries begin a fresh schedule; none named: all. How many.
std::int64_t retry(const db::Settings& database, const std::vector<long long>& ids);
/// Deliveries that wait and that nobody sends at the moment are given up. How many.
std::int64_t cancel(const db::Settings& database, const std::vector<long long>& ids);

struct NewSilence {
    std::vector<std::string> matchers;
    std::int64_t lasts_us = 0;  ///< at most 30 days
    std::int64_t begins_us = 0; ///< from now
    std::string author, comment;
};
/// Its number. Error(usage) for a matcher that is none, none at all, or too long a time.
long long add_silence(const db::Settings& database, const NewSilence& silence);
/// Ends silences now: how many were still to come or in force. Drops those that ended 120 h ago.
std::int64_t expire_silences(const db::Settings& database, const std::vector<long long>& ids);
struct SilenceRow {
    long long id = 0;
    std::string matchers, starts_at, ends_at, author, comment, state; ///< pending, active, expired
};
[[nodiscard]] std::vector<SilenceRow> list_silences(const db::Settings& database, bool all);

/// How an alert with these labels (`name=value`) would go.
struct RouteTest {
    struct Taken {
        std::string route, receiver, group_key;
        std::vector<std::string> channels;
        std::string suppressed; ///< by what; empty: it would be told
    };
    std::vector<Taken> routes;
};
[[nodiscard]] RouteTest route_test(const db::Settings& database, const Settings& settings,
                                   const std::vector<std::string>& labels);

} // namespace harmonia::alert
