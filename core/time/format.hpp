// Dates and times in strings: ISO 8601 and declared formats, compiled once, then parsed without
// allocation.
//
// Named formats: `iso` (or `ISO 8601`), `epoch_s`, `epoch_ms`, `epoch_us`.
// `iso` reads `YYYY-MM-DD` or `YYYYMMDD`, alone or with a time after `T` or one blank: `HH:mm`,
// `HH:mm:ss`, `HHmm`, `HHmmss`, a fraction of 1 to 9 digits (truncated to microseconds), and an
// offset `Z`, `+01:00`, `+0100`, `+01`.
// Any other format consists of tokens:
//   YYYY year          MM M month, two digits / one or two    MMM month name (Jan)
//   DD D day           HH H hour 0-23    hh h hour 1-12       mm m minute    ss s second
//   S… fraction (as many digits as S, 1 to 9)                 A AM or PM, any case
//   Z offset (Z, +01:00, +0100)          ddd weekday name, not checked      [text] the text itself
// `T`, digits and punctuation stand for themselves; any other letter is an error.
#pragma once

#include "core/base/expected.hpp"
#include "core/time/zone.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::time {

/// A parsed string: a local time, or an instant if the string has an offset.
struct ParsedTime {
    std::int64_t local_us = 0; ///< with an offset: on that offset's clock
    std::optional<int> offset_seconds;
    bool has_time = false;
    /// The offset wins over the zone.
    [[nodiscard]] std::int64_t instant(const Zone& zone) const;
};

class TimeFormat {
public:
    /// Problem `bad_format` for a letter that is not a token, or a format without year, month and
    /// day.
    [[nodiscard]] static Expected<TimeFormat> compile(std::string_view format);
    /// The whole string must match; surrounding blanks are ignored. Empty when it does not, and for
    /// a date or time that does not exist (30 February, 24:00, second 60).
    [[nodiscard]] std::optional<ParsedTime> parse(std::string_view text) const;

private:
    enum class Kind : std::uint8_t { iso, epoch, tokens };
    enum class Token : std::uint8_t {
        literal,
        year,
        month,
        month_name,
        day,
        weekday_name,
        hour,
        hour12,
        minute,
        second,
        fraction,
        am_pm,
        offset
    };
    struct Step {
        Token token;
        std::uint8_t digits_min, digits_max;
        char character; ///< literal
    };
    struct Reading;
    static std::optional<Step> token_of(char letter, std::size_t count);
    static Expected<TimeFormat> complete(TimeFormat made);
    [[nodiscard]] std::optional<ParsedTime> parse_tokens(std::string_view text) const;
    [[nodiscard]] std::optional<ParsedTime> parse_epoch(std::string_view text) const;

    Kind kind_ = Kind::tokens;
    std::int64_t epoch_unit_us_ = 1;
    std::vector<Step> steps_;
};

/// ISO 8601 as above.
[[nodiscard]] std::optional<ParsedTime> parse_iso(std::string_view text);
/// `YYYY-MM-DD` only.
[[nodiscard]] std::optional<std::int32_t> parse_date(std::string_view text);

} // namespace harmonia::time
