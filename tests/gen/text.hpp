// Appending numbers, amounts and dates to a string, fast and free of the locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace harmonia::gen {

void append_int(std::string& out, std::int64_t value);
void append_padded(std::string& out, std::uint64_t value, int width); ///< leading zeros
void append_base62(std::string& out, std::uint64_t value,
                   int width); ///< exactly `width` characters
void append_hex(std::string& out, std::uint64_t high, std::uint64_t low); ///< 32 digits
void append_uuid(std::string& out, std::uint64_t high, std::uint64_t low);
/// 1222 → `12.22`, 9000 → `90.00`, -5 → `-0.05`.
void append_pounds(std::string& out, std::int64_t pennies);
/// The same without padding: 1222 → `12.22`, 9000 → `90`, 1210 → `12.1`.
void append_short_pounds(std::string& out, std::int64_t pennies);

/// Seconds since 1970 as `YYYY-MM-DD` and `HH:MM:SS` with the separators given; '\0' leaves one
/// out.
void append_date(std::string& out, std::int64_t seconds, char separator = '-');
void append_time(std::string& out, std::int64_t seconds, char separator = ':');
void append_datetime(std::string& out, std::int64_t seconds, char between);
/// US form without zero padding: `10/27/2020 3:1:59 PM`.
void append_us_datetime(std::string& out, std::int64_t seconds);

/// `YYYY-MM-DD` as days since 1970; throws Error(usage) when it is not a date.
[[nodiscard]] std::int64_t parse_day(std::string_view text);
/// Seconds that London is ahead of UTC at noon of that day (British Summer Time's own rule, kept
/// apart from core/time so that it can contradict it).
[[nodiscard]] std::int64_t london_offset_at_noon(std::int64_t day);

} // namespace harmonia::gen
