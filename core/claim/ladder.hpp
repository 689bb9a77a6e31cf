// Retry ladders: when a failed delivery is retried, and when it is given up. Pure arithmetic; the
// clock and the calendar are arguments.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::claim {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// One rung: the wait after each of `times` failed attempts. It is `after`, or, if `at` is not
/// empty, until the next occurrence of that local time of day.
///
///     ladder: [{times: 2, after: 20m}, {times: 31, at: "10:00", zone: Europe/London}]
struct Rung {
    int times = 1; ///< at least 1
    std::chrono::milliseconds after{0};
    std::string at = "";      ///< HH:MM, or empty
    std::string zone = "UTC"; ///< IANA name, used with `at`
};
using Ladder = std::vector<Rung>;

/// The first instant strictly after `now` at which clocks in `zone` show `at` (core/time knows).
using NextLocalTime =
    std::function<Instant(const std::string& at, const std::string& zone, Instant now)>;

/// When to retry after attempt number `attempt` (from 0) failed at `now`; empty: give up. A ladder
/// whose `times` add up to n thus allows n + 1 attempts. A gate that postponed attempt 0 used it
/// up.
[[nodiscard]] std::optional<Instant> next_attempt(const Ladder& ladder, int attempt, Instant now,
                                                  const NextLocalTime& next_local_time);

} // namespace harmonia::claim
