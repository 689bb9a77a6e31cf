// Time zones: conversion between instants and local times.
//
// Instants everywhere are 64-bit microseconds since 1970-01-01 UTC, dates are days since
// 1970-01-01, local times are microseconds since 1970-01-01 on the zone's own clock. Zones come
// from the system's zone database; the tables built from it end with 2037, after which a zone keeps
// its last offset. Conversions are two binary searches over a constant table: no lock, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::time {

inline constexpr std::int64_t k_second_us = 1'000'000;
inline constexpr std::int64_t k_minute_us = 60 * k_second_us;
inline constexpr std::int64_t k_hour_us = 60 * k_minute_us;
inline constexpr std::int64_t k_day_us = 24 * k_hour_us;

/// [begin, end) of one calendar day of a zone.
struct DayBounds {
    std::int64_t begin_us = 0, end_us = 0;
};

class Zone {
public:
    /// The zone of that tz name (`Europe/London`, `UTC`), created on first use and kept for the
    /// life of the process; nullptr when unknown. `GMT` and `UTC` have no daylight saving, `MST` is
    /// fixed at UTC-7.
    [[nodiscard]] static const Zone* find(std::string_view name);
    [[nodiscard]] static const Zone& utc();

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] std::int64_t to_local(std::int64_t instant_us) const;
    /// A local time that occurs twice gives the later instant; one that does not occur is shifted
    /// forward by the gap (London 2021-03-28 01:30 is 02:30+01:00).
    [[nodiscard]] std::int64_t to_instant(std::int64_t local_us) const;
    [[nodiscard]] int offset_seconds(std::int64_t instant_us) const;

    [[nodiscard]] std::int32_t date_of(std::int64_t instant_us) const;
    /// The first instant of a date; the earlier one where midnight occurs twice.
    [[nodiscard]] std::int64_t day_begin(std::int32_t date) const;
    [[nodiscard]] DayBounds day_of(std::int64_t instant_us) const;

    /// The first instant after `instant_us` whose local time is `minutes` past midnight (10:30 is
    /// 630).
    [[nodiscard]] std::int64_t next_time_of_day(std::int64_t instant_us, int minutes) const;

private:
    /// The offset applies from `begin_us` until the next interval begins.
    struct Interval {
        std::int64_t begin_us, local_begin_us, offset_us;
    };
    explicit Zone(std::string name);
    static Zone fixed(std::string name, std::int64_t offset_us);
    [[nodiscard]] static Zone from_database(const std::string& name);
    [[nodiscard]] const Interval& at_instant(std::int64_t instant_us) const;

    std::string name_;
    std::vector<Interval> intervals_; ///< never empty; the first begins before any time
};

} // namespace harmonia::time
