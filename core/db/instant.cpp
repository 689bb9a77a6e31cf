#include "core/db/instant.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace harmonia::db {
namespace {

constexpr std::int64_t k_us_a_day = 86'400'000'000;

[[noreturn]] void unreadable(std::string_view what, std::string_view text) {
    throw Error(Exit::internal, fmt::format("the database's value '{}' cannot be read as {}",
                                            printable(text, 60), what));
}

/// `count` digits at `at`; -1 when they are not all digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size())
        return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

std::optional<std::int32_t> days_of(std::string_view text) {
    const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    if (text.size() < 10 || text[4] != '-' || text[7] != '-' || year < 0 || month < 0 || day < 0)
        return std::nullopt;
    return time::date_from(year, month, day);
}

/// Microseconds of a fraction's 1 to 6 digits; -1 when it has another form.
std::int64_t fraction(std::string_view text) {
    const int value = text.empty() || text.size() > 6 ? -1 : digits(text, 0, text.size());
    std::int64_t us = value;
    for (std::size_t i = text.size(); value >= 0 && i < 6; ++i)
        us *= 10;
    return us;
}

template <typename T>
std::size_t print_real(T value, char* into, std::size_t size) {
    return static_cast<std::size_t>(std::to_chars(into, into + size, value).ptr - into);
}

} // namespace

Instant instant_from(std::string_view text) {
    constexpr std::string_view k_utc = "+00";
    const auto days = days_of(text.substr(0, 10));
    const int hour = digits(text, 11, 2), minute = digits(text, 14, 2),
              second = digits(text, 17, 2);
    if (!days || !text.ends_with(k_utc) || text.size() < 19 + k_utc.size() || text[10] != ' ' ||
        text[13] != ':' || text[16] != ':' || hour < 0 || minute < 0 || second < 0)
        unreadable("an instant", text);
    std::int64_t us = ((hour * 60LL + minute) * 60 + second) * 1'000'000;
    const std::string_view rest = text.substr(19, text.size() - 19 - k_utc.size());
    if (!rest.empty()) {
        const std::int64_t micros = rest.front() == '.' ? fraction(rest.substr(1)) : -1;
        if (micros < 0)
            unreadable("an instant", text);
        us += micros;
    }
    return {std::int64_t{*days} * k_us_a_day + us};
}

Date date_from(std::string_view text) {
    const auto days = text.size() == 10 ? days_of(text) : std::nullopt;
    if (!days)
        unreadable("a date", text);
    return {*days};
}

ValueText::ValueText(Instant value) : size_(time::print_utc(value.us, text_)) {
    static_assert(time::k_time_text_max <= sizeof text_);
}

ValueText::ValueText(Date value) : size_(time::print_date(value.days, text_)) {}

ValueText::ValueText(double value) : size_(print_real(value, text_, sizeof text_)) {}

ValueText::ValueText(float value) : size_(print_real(value, text_, sizeof text_)) {}

} // namespace harmonia::db
