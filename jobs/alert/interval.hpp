// Named intervals of the week and month, in which a route is active or muted.
//
//     intervals:
//       nights:
//         - {times: ["22:00-24:00", "00:00-06:00"], zone: Europe/Berlin}
//       month_end: [{days: ["-3--1"]}]        # the last three days
//       office: [{times: ["09:00-17:00"], weekdays: [monday-friday]}]
//
// A time range includes its start but not its end. Of a range over midnight ("22:00-06:00") each
// part belongs to the day it lies on. An omitted key means every time, weekday or day.
#pragma once

#include "core/config/value.hpp"
#include "core/time/zone.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::alert {

struct Span {
    std::vector<std::pair<int, int>> minutes;  ///< of the day, [from, to)
    std::vector<std::pair<int, int>> weekdays; ///< 1 = Monday, both ends included
    std::vector<std::pair<int, int>> days; ///< of the month, negative from its end, both included
    const time::Zone* zone = nullptr;
    [[nodiscard]] bool contains(std::int64_t instant_us) const;
};
using Interval = std::vector<Span>; ///< any of them
using Intervals = std::map<std::string, Interval>;

[[nodiscard]] bool contains(const Interval& interval, std::int64_t instant_us);

/// `alerts.intervals`; Error(config) placed at the mistake.
[[nodiscard]] Intervals read_intervals(const config::Value& map);

} // namespace harmonia::alert
