// The calendar: dates as days since 1970-01-01, times of day, and their text forms.
#pragma once

#include "core/time/zone.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::time {

struct Civil {
    int year = 1970, month = 1, day = 1;
    int hour = 0, minute = 0, second = 0, micros = 0;
};

/// Days since 1970-01-01; empty for a date that does not exist (30 February). Years 1…9999.
[[nodiscard]] std::optional<std::int32_t> date_from(int year, int month, int day);
[[nodiscard]] std::int32_t date_of_local(std::int64_t local_us);
/// The parts of a local time, or of an instant in UTC.
[[nodiscard]] Civil civil_of(std::int64_t local_us);
/// 1 = Monday … 7 = Sunday.
[[nodiscard]] int weekday_of(std::int32_t date);

/// `2026-11-21`.
[[nodiscard]] std::string print_date(std::int32_t date);
/// RFC 3339 in UTC, always with microseconds: `2026-11-21T04:47:49.207247Z`.
[[nodiscard]] std::string print_utc(std::int64_t instant_us);
/// ISO 8601 with the zone's offset; microseconds only if they are not zero:
/// `2023-04-18T11:14:34+01:00`. UTC prints `+00:00`.
[[nodiscard]] std::string print_in_zone(std::int64_t instant_us, const Zone& zone);
/// The same with a fixed offset.
[[nodiscard]] std::string print_at_offset(std::int64_t instant_us, int offset_seconds);

/// The three above, into a buffer of at least k_time_text_max bytes; return the length.
inline constexpr std::size_t k_time_text_max = 48;
std::size_t print_date(std::int32_t date, char* into);
std::size_t print_utc(std::int64_t instant_us, char* into);
std::size_t print_at_offset(std::int64_t instant_us, int offset_seconds, char* into);

} // namespace harmonia::time
