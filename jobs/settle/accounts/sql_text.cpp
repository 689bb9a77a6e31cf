#include "jobs/settle/accounts/sql_text.hpp"

#include "core/base/error.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace harmonia::settle::accounts {
namespace {

static_assert(time::k_time_text_max <= 48);

[[noreturn]] void unreadable(std::string_view text) {
    throw Error(Exit::internal, fmt::format("the database's '{}' cannot be read", text));
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9')
            unreadable(text);
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

// Reals that PostgreSQL and we print shortest read back as the same bits.
template <typename T>
T number_from(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        unreadable(text);
    return value;
}

template <typename T>
void append_number(std::string& out, T value) {
    char buffer[64];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, end);
}

} // namespace

std::int64_t instant_from(std::string_view text) {
    const std::int32_t date = date_from(text.substr(0, std::min<std::size_t>(text.size(), 10)));
    std::int64_t us = (digits(text, 11, 2) * 60LL + digits(text, 14, 2)) * 60 + digits(text, 17, 2);
    us *= 1'000'000;
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.')
        for (std::int64_t unit = 100'000; ++at < text.size() && text[at] != '+'; unit /= 10)
            us += digits(text, at, 1) * unit;
    if (text.substr(at) != "+00")
        unreadable(text);
    return std::int64_t{date} * 86'400'000'000 + us;
}

std::int32_t date_from(std::string_view text) {
    const auto date = text.size() == 10 ? time::date_from(digits(text, 0, 4), digits(text, 5, 2),
                                                          digits(text, 8, 2))
                                        : std::nullopt;
    if (!date)
        unreadable(text);
    return *date;
}

double real_from(std::string_view text) {
    return number_from<double>(text);
}

float single_from(std::string_view text) {
    return number_from<float>(text);
}

std::string& ArrayText::separate() {
    if (text_.size() > 1)
        text_ += ',';
    return text_;
}

void ArrayText::add(std::int64_t value) {
    append_number(separate(), value);
}

void ArrayText::add(double value) {
    append_number(separate(), value);
}

void ArrayText::add(float value) {
    append_number(separate(), value);
}

void ArrayText::add_instant(std::int64_t instant_us) {
    separate() += InstantText(instant_us).view();
}

void ArrayText::add_date(std::int32_t date) {
    char buffer[time::k_time_text_max];
    separate().append(buffer, time::print_date(date, buffer));
}

void ArrayText::add_text(std::string_view text) {
    separate() += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

InstantText::InstantText(std::int64_t instant_us) : size_(time::print_utc(instant_us, text_)) {}

RealText::RealText(double value)
    : size_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, value).ptr -
                                     text_)) {}

RealText::RealText(float value)
    : size_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, value).ptr -
                                     text_)) {}

} // namespace harmonia::settle::accounts
