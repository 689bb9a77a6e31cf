// ISO 8601: dates, times and offsets as format.hpp describes them.
#include "core/base/text.hpp"
#include "core/time/civil.hpp"
#include "core/time/cursor.hpp"
#include "core/time/format.hpp"

#include <string_view>

namespace harmonia::time {

namespace {

std::optional<std::int32_t> read_date(Cursor& at, bool& extended) {
    const auto year = at.digits(4, 4);
    extended = at.take('-');
    const auto month = at.digits(2, 2);
    if (extended && !at.take('-'))
        return std::nullopt;
    const auto day = at.digits(2, 2);
    if (!year || !month || !day)
        return std::nullopt;
    return date_from(*year, *month, *day);
}

std::optional<std::int64_t> read_time(Cursor& at) {
    const auto hour = at.digits(2, 2);
    const bool extended = at.take(':');
    const auto minute = at.digits(2, 2);
    if (!hour || !minute || *hour > 23 || *minute > 59)
        return std::nullopt;
    int second = 0;
    int micros = 0;
    if (extended ? at.take(':') : at.next_is_digit()) {
        const auto seconds = at.digits(2, 2);
        if (!seconds || *seconds > 59)
            return std::nullopt;
        second = *seconds;
        if (at.take('.') || at.take(',')) {
            const auto fraction = at.fraction(9);
            if (!fraction)
                return std::nullopt;
            micros = *fraction;
        }
    }
    return *hour * k_hour_us + *minute * k_minute_us + second * k_second_us + micros;
}

} // namespace

std::optional<int> Cursor::offset() {
    if (take('Z') || take('z'))
        return 0;
    const bool negative = take('-');
    if (!negative && !take('+'))
        return std::nullopt;
    const auto hours = digits(2, 2);
    int minutes = 0;
    if (take(':') || next_is_digit()) {
        const auto given = digits(2, 2);
        if (!given || *given > 59)
            return std::nullopt;
        minutes = *given;
    }
    constexpr int hours_max = 18; // as far as any clock on Earth, and PostgreSQL, goes
    if (!hours || *hours > hours_max)
        return std::nullopt;
    const int seconds = (*hours * 60 + minutes) * 60;
    return negative ? -seconds : seconds;
}

std::optional<ParsedTime> parse_iso(std::string_view text) {
    Cursor at{trim(text)};
    bool extended = false;
    const auto date = read_date(at, extended);
    if (!date)
        return std::nullopt;
    ParsedTime parsed;
    parsed.local_us = *date * k_day_us;
    if (at.done())
        return parsed;
    if (!at.take('T') && !at.take('t') && !at.take(' '))
        return std::nullopt;
    const auto time = read_time(at);
    if (!time)
        return std::nullopt;
    parsed.local_us += *time;
    parsed.has_time = true;
    if (!at.done()) {
        at.take(' ');
        parsed.offset_seconds = at.offset();
        if (!parsed.offset_seconds || !at.done())
            return std::nullopt;
    }
    return parsed;
}

std::optional<std::int32_t> parse_date(std::string_view text) {
    Cursor at{text};
    bool extended = false;
    const auto date = read_date(at, extended);
    return date && extended && at.done() ? date : std::nullopt;
}

std::int64_t ParsedTime::instant(const Zone& zone) const {
    return offset_seconds ? local_us - *offset_seconds * k_second_us : zone.to_instant(local_us);
}

} // namespace harmonia::time
