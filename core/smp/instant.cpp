#include "core/smp/decode.hpp"
#include "core/time/civil.hpp"
#include "core/time/cursor.hpp"

namespace harmonia::smp {

namespace {

using time::Cursor;

constexpr std::int64_t k_first_us = -62'135'596'800'000'000; ///< 0001-01-01
constexpr std::int64_t k_last_us = 253'402'300'799'999'999;
constexpr int k_fraction_digits_max = 12;

std::optional<std::int32_t> read_date(Cursor& at) {
    const auto year = at.digits(4, 4);
    const bool first = at.take('-');
    const auto month = at.digits(1, 2);
    const bool second = at.take('-');
    const auto day = at.digits(1, 2);
    if (!year || !first || !month || !second || !day)
        return std::nullopt;
    return time::date_from(*year, *month, *day);
}

/// 1 to 12 digits, cut to microseconds.
std::optional<int> read_fraction(Cursor& at) {
    const auto micros = at.fraction(6);
    for (int more = k_fraction_digits_max - 6; more > 0 && at.next_is_digit(); --more)
        at.digits(1, 1);
    return micros;
}

std::optional<std::int64_t> read_time(Cursor& at) {
    const auto hour = at.digits(1, 2);
    const bool colon = at.take(':');
    const auto minute = at.digits(1, 2);
    if (!hour || !colon || !minute || *hour > 23 || *minute > 59)
        return std::nullopt;
    std::int64_t instant = *hour * time::k_hour_us + *minute * time::k_minute_us;
    if (!at.take(':'))
        return instant;
    const auto second = at.digits(1, 2);
    if (!second || *second > 59)
        return std::nullopt;
    instant += *second * time::k_second_us;
    if (at.take('.')) {
        const auto micros = read_fraction(at);
        if (!micros)
            return std::nullopt;
        instant += *micros;
    }
    return instant;
}

/// Microseconds east of Greenwich; none is UTC.
std::optional<std::int64_t> read_zone(Cursor& at) {
    if (at.done() || at.take('Z'))
        return 0;
    const bool west = at.take('-');
    if (!west && !at.take('+'))
        return std::nullopt;
    const auto hours = at.digits(2, 2);
    const bool has_minutes = at.take(':') || at.next_is_digit();
    const auto minutes = has_minutes ? at.digits(2, 2) : 0;
    if (!hours || !minutes)
        return std::nullopt;
    const std::int64_t offset = *hours * time::k_hour_us + *minutes * time::k_minute_us;
    if (offset >= time::k_day_us)
        return std::nullopt;
    return west ? -offset : offset;
}

} // namespace

std::optional<std::int64_t> parse_instant(std::string_view text) {
    Cursor at{text};
    const auto date = read_date(at);
    if (!date || (!at.take('T') && !at.take(' ')))
        return std::nullopt;
    const auto time_of_day = read_time(at);
    if (!time_of_day)
        return std::nullopt;
    const auto offset = read_zone(at);
    if (!offset || !at.done())
        return std::nullopt;
    const std::int64_t instant = *date * time::k_day_us + *time_of_day - *offset;
    if (instant < k_first_us || instant > k_last_us)
        return std::nullopt;
    return instant;
}

} // namespace harmonia::smp
