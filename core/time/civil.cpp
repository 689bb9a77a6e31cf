#include "core/time/civil.hpp"

#include <array>
#include <chrono>
#include <cstdlib>

namespace harmonia::time {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

char* put(char* at, int value, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

char* put_date(char* at, const Civil& civil) {
    if (civil.year < 0 || civil.year > 9999) { // no input has such a year; arithmetic may
        *at++ = civil.year < 0 ? '-' : '+';
        at = put(at, std::abs(civil.year), 6);
    } else {
        at = put(at, civil.year, 4);
    }
    *at++ = '-';
    at = put(at, civil.month, 2);
    *at++ = '-';
    return put(at, civil.day, 2);
}

char* put_time(char* at, const Civil& civil) {
    *at++ = 'T';
    at = put(at, civil.hour, 2);
    *at++ = ':';
    at = put(at, civil.minute, 2);
    *at++ = ':';
    return put(at, civil.second, 2);
}

} // namespace

std::optional<std::int32_t> date_from(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (year < 1 || year > 9999 || month < 1 || day < 1 || !date.ok())
        return std::nullopt;
    return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::int32_t date_of_local(std::int64_t local_us) {
    return static_cast<std::int32_t>(floor_div(local_us, k_day_us));
}

Civil civil_of(std::int64_t local_us) {
    const std::int32_t days = date_of_local(local_us);
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    std::int64_t rest = local_us - days * k_day_us;
    Civil civil;
    civil.year = static_cast<int>(date.year());
    civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
    civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
    civil.micros = static_cast<int>(rest % k_second_us);
    rest /= k_second_us;
    civil.second = static_cast<int>(rest % 60);
    civil.minute = static_cast<int>(rest / 60 % 60);
    civil.hour = static_cast<int>(rest / 3600);
    return civil;
}

int weekday_of(std::int32_t date) {
    const std::chrono::weekday day{std::chrono::sys_days(std::chrono::days(date))};
    return static_cast<int>(day.iso_encoding());
}

std::size_t print_date(std::int32_t date, char* into) {
    return static_cast<std::size_t>(put_date(into, civil_of(date * k_day_us)) - into);
}

std::size_t print_utc(std::int64_t instant_us, char* into) {
    const Civil civil = civil_of(instant_us);
    char* at = put_time(put_date(into, civil), civil);
    *at++ = '.';
    at = put(at, civil.micros, 6);
    *at++ = 'Z';
    return static_cast<std::size_t>(at - into);
}

std::size_t print_at_offset(std::int64_t instant_us, int offset_seconds, char* into) {
    const Civil civil = civil_of(instant_us + offset_seconds * k_second_us);
    char* at = put_time(put_date(into, civil), civil);
    if (civil.micros != 0) {
        *at++ = '.';
        at = put(at, civil.micros, 6);
    }
    *at++ = offset_seconds < 0 ? '-' : '+';
    const int minutes = std::abs(offset_seconds) / 60;
    at = put(at, minutes / 60, 2);
    *at++ = ':';
    at = put(at, minutes % 60, 2);
    return static_cast<std::size_t>(at - into);
}

std::string print_date(std::int32_t date) {
    std::array<char, k_time_text_max> buffer;
    return std::string(buffer.data(), print_date(date, buffer.data()));
}

std::string print_utc(std::int64_t instant_us) {
    std::array<char, k_time_text_max> buffer;
    return std::string(buffer.data(), print_utc(instant_us, buffer.data()));
}

std::string print_at_offset(std::int64_t instant_us, int offset_seconds) {
    std::array<char, k_time_text_max> buffer;
    return std::string(buffer.data(), print_at_offset(instant_us, offset_seconds, buffer.data()));
}

std::string print_in_zone(std::int64_t instant_us, const Zone& zone) {
    return print_at_offset(instant_us, zone.offset_seconds(instant_us));
}

} // namespace harmonia::time
