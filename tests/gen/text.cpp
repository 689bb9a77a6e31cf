#include "tests/gen/text.hpp"

#include "core/base/error.hpp"

#include <charconv>
#include <chrono>

namespace harmonia::gen {
namespace {

constexpr char k_base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr char k_hex[] = "0123456789abcdef";
constexpr std::int64_t k_day_s = 86'400;

std::chrono::year_month_day civil(std::int64_t seconds) {
    return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(seconds))));
}

std::uint64_t second_of_day(std::int64_t seconds) {
    return static_cast<std::uint64_t>(((seconds % k_day_s) + k_day_s) % k_day_s);
}

void hex_digits(char* to, std::uint64_t value, int from, int count) {
    for (int i = 0; i < count; ++i)
        to[i] = k_hex[(value >> (60 - 4 * (from + i))) & 15U];
}

} // namespace

void append_int(std::string& out, std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

void append_padded(std::string& out, std::uint64_t value, int width) {
    char digits[24];
    int at = sizeof digits;
    const int wanted = at - width;
    while (value > 0 || at > wanted) {
        digits[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits + at, digits + sizeof digits);
}

void append_base62(std::string& out, std::uint64_t value, int width) {
    char digits[24];
    for (int i = width - 1; i >= 0; --i) {
        digits[i] = k_base62[value % 62];
        value /= 62;
    }
    out.append(digits, static_cast<std::size_t>(width));
}

void append_hex(std::string& out, std::uint64_t high, std::uint64_t low) {
    char digits[32];
    hex_digits(digits, high, 0, 16);
    hex_digits(digits + 16, low, 0, 16);
    out.append(digits, sizeof digits);
}

void append_uuid(std::string& out, std::uint64_t high, std::uint64_t low) {
    high = (high & ~0xf000ULL) | 0x4000ULL;                      // version 4
    low = (low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL; // variant 1
    char text[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    hex_digits(text, high, 0, 8);
    hex_digits(text + 9, high, 8, 4);
    hex_digits(text + 14, high, 12, 4);
    hex_digits(text + 19, low, 0, 4);
    hex_digits(text + 24, low, 4, 12);
    out.append(text, sizeof text - 1);
}

void append_pounds(std::string& out, std::int64_t pennies) {
    if (pennies < 0) {
        out += '-';
        pennies = -pennies;
    }
    append_int(out, pennies / 100);
    out += '.';
    append_padded(out, static_cast<std::uint64_t>(pennies % 100), 2);
}

void append_short_pounds(std::string& out, std::int64_t pennies) {
    append_pounds(out, pennies);
    while (out.back() == '0')
        out.pop_back();
    if (out.back() == '.')
        out.pop_back();
}

void append_date(std::string& out, std::int64_t seconds, char separator) {
    const auto date = civil(seconds);
    append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    if (separator != '\0')
        out += separator;
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    if (separator != '\0')
        out += separator;
    append_padded(out, static_cast<unsigned>(date.day()), 2);
}

void append_time(std::string& out, std::int64_t seconds, char separator) {
    const auto second = second_of_day(seconds);
    append_padded(out, second / 3600, 2);
    if (separator != '\0')
        out += separator;
    append_padded(out, second / 60 % 60, 2);
    if (separator != '\0')
        out += separator;
    append_padded(out, second % 60, 2);
}

void append_datetime(std::string& out, std::int64_t seconds, char between) {
    append_date(out, seconds);
    out += between;
    append_time(out, seconds);
}

void append_us_datetime(std::string& out, std::int64_t seconds) {
    const auto date = civil(seconds);
    const auto second = second_of_day(seconds);
    const auto hour = second / 3600;
    append_int(out, static_cast<unsigned>(date.month()));
    out += '/';
    append_int(out, static_cast<unsigned>(date.day()));
    out += '/';
    append_int(out, static_cast<int>(date.year()));
    out += ' ';
    append_int(out, static_cast<std::int64_t>(hour % 12 == 0 ? 12 : hour % 12));
    out += ':';
    append_int(out, static_cast<std::int64_t>(second / 60 % 60));
    out += ':';
    append_int(out, static_cast<std::int64_t>(second % 60));
    out += hour < 12 ? " AM" : " PM";
}

std::int64_t parse_day(std::string_view text) {
    int parts[3] = {};
    const std::size_t starts[3] = {0, 5, 8}, lengths[3] = {4, 2, 2};
    bool good = text.size() == 10 && text[4] == '-' && text[7] == '-';
    for (int i = 0; good && i < 3; ++i) {
        const char* first = text.data() + starts[i];
        const auto result = std::from_chars(first, first + lengths[i], parts[i]);
        good = result.ec == std::errc() && result.ptr == first + lengths[i];
    }
    const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                           std::chrono::month(static_cast<unsigned>(parts[1])),
                                           std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!good || !date.ok()) {
        throw Error(Exit::usage, "'" + std::string(text) + "' is not a date",
                    "Write it as YYYY-MM-DD.");
    }
    return std::chrono::sys_days(date).time_since_epoch().count();
}

std::int64_t london_offset_at_noon(std::int64_t day) {
    using namespace std::chrono;
    const sys_days date{days(day)};
    const auto in_year = year_month_day(date).year();
    const sys_days summer{in_year / March / Sunday[last]}, winter{in_year / October / Sunday[last]};
    return date >= summer && date < winter ? 3600 : 0;
}

} // namespace harmonia::gen
