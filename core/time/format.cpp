#include "core/time/format.hpp"

#include "core/base/text.hpp"
#include "core/time/civil.hpp"
#include "core/time/cursor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace harmonia::time {

namespace {

constexpr std::array<std::string_view, 12> k_months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::size_t k_format_length_max = 100; // no date is longer

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<int> read_month_name(Cursor& at) {
    constexpr std::size_t length = 3;
    const std::string_view word = at.rest.substr(0, length);
    for (std::size_t i = 0; i < k_months.size(); ++i) {
        if (equals_ignoring_case(word, k_months[i])) {
            at.rest.remove_prefix(length);
            return static_cast<int>(i) + 1;
        }
    }
    return std::nullopt;
}

bool skip_letters(Cursor& at) {
    std::size_t count = 0;
    while (count < at.rest.size() && is_letter(at.rest[count]))
        ++count;
    at.rest.remove_prefix(count);
    return count > 0;
}

std::optional<bool> read_afternoon(Cursor& at) {
    constexpr std::size_t length = 2;
    const std::string_view word = at.rest.substr(0, length);
    const bool afternoon = equals_ignoring_case(word, "pm");
    if (!afternoon && !equals_ignoring_case(word, "am"))
        return std::nullopt;
    at.rest.remove_prefix(length);
    return afternoon;
}

} // namespace

struct TimeFormat::Reading {
    Civil civil;
    std::optional<bool> afternoon;
    std::optional<int> offset;

    bool take(const Step& step, Cursor& at);
    bool take_digits(const Step& step, Cursor& at);
};

bool TimeFormat::Reading::take(const Step& step, Cursor& at) {
    switch (step.token) {
    case Token::literal:
        return at.take(step.character);
    case Token::month_name: {
        const auto month = read_month_name(at);
        civil.month = month.value_or(0);
        return month.has_value();
    }
    case Token::weekday_name:
        return skip_letters(at);
    case Token::am_pm:
        afternoon = read_afternoon(at);
        return afternoon.has_value();
    case Token::offset:
        offset = at.offset();
        return offset.has_value();
    case Token::fraction: {
        const auto micros = at.fraction(step.digits_max);
        civil.micros = micros.value_or(0);
        return micros.has_value();
    }
    case Token::year:
    case Token::month:
    case Token::day:
    case Token::hour:
    case Token::hour12:
    case Token::minute:
    case Token::second:
        return take_digits(step, at);
    }
    return false;
}

bool TimeFormat::Reading::take_digits(const Step& step, Cursor& at) {
    const auto value = at.digits(step.digits_min, step.digits_max);
    if (!value)
        return false;
    switch (step.token) {
    case Token::year:
        civil.year = *value;
        return true;
    case Token::month:
        civil.month = *value;
        return true;
    case Token::day:
        civil.day = *value;
        return true;
    case Token::hour:
        civil.hour = *value;
        return *value <= 23;
    case Token::hour12:
        civil.hour = *value % 12;
        return *value >= 1 && *value <= 12;
    case Token::minute:
        civil.minute = *value;
        return *value <= 59;
    default:
        civil.second = *value;
        return *value <= 59;
    }
}

std::optional<TimeFormat::Step> TimeFormat::token_of(char letter, std::size_t count) {
    struct Known {
        char letter;
        std::size_t count;
        Step step;
    };
    static constexpr Known known[] = {
        {'Y', 4, {Token::year, 4, 4, 0}},         {'M', 2, {Token::month, 2, 2, 0}},
        {'M', 1, {Token::month, 1, 2, 0}},        {'M', 3, {Token::month_name, 0, 0, 0}},
        {'D', 2, {Token::day, 2, 2, 0}},          {'D', 1, {Token::day, 1, 2, 0}},
        {'H', 2, {Token::hour, 2, 2, 0}},         {'H', 1, {Token::hour, 1, 2, 0}},
        {'h', 2, {Token::hour12, 2, 2, 0}},       {'h', 1, {Token::hour12, 1, 2, 0}},
        {'m', 2, {Token::minute, 2, 2, 0}},       {'m', 1, {Token::minute, 1, 2, 0}},
        {'s', 2, {Token::second, 2, 2, 0}},       {'s', 1, {Token::second, 1, 2, 0}},
        {'A', 1, {Token::am_pm, 0, 0, 0}},        {'Z', 1, {Token::offset, 0, 0, 0}},
        {'d', 3, {Token::weekday_name, 0, 0, 0}},
    };
    for (const Known& k : known)
        if (k.letter == letter && k.count == count)
            return k.step;
    if (letter == 'S' && count <= 9)
        return Step{Token::fraction, 1, static_cast<std::uint8_t>(count), 0};
    if (letter == 'T' && count == 1)
        return Step{Token::literal, 0, 0, 'T'};
    return std::nullopt;
}

Expected<TimeFormat> TimeFormat::compile(std::string_view format) {
    TimeFormat made;
    if (format == "iso" || format == "ISO 8601") {
        made.kind_ = Kind::iso;
        return made;
    }
    for (const auto& [name, unit] :
         {std::pair<std::string_view, std::int64_t>{"epoch_s", k_second_us},
          {"epoch_ms", 1000},
          {"epoch_us", 1}}) {
        if (format == name) {
            made.kind_ = Kind::epoch;
            made.epoch_unit_us_ = unit;
            return made;
        }
    }
    if (format.size() > k_format_length_max)
        return bad("bad_format", {}, "a date format must be at most 100 characters long");
    for (std::size_t i = 0; i < format.size();) {
        const char c = format[i];
        if (c == '[') {
            const std::size_t close = format.find(']', i);
            if (close == std::string_view::npos)
                return bad("bad_format", {}, "'[' without ']'");
            for (const char literal : format.substr(i + 1, close - i - 1))
                made.steps_.push_back({Token::literal, 0, 0, literal});
            i = close + 1;
            continue;
        }
        const std::size_t count = std::min(format.find_first_not_of(c, i), format.size()) - i;
        if (!is_letter(c)) {
            made.steps_.push_back({Token::literal, 0, 0, c});
            ++i;
            continue;
        }
        const auto step = token_of(c, count);
        if (!step) {
            return bad("bad_format", {},
                       "unknown token '" + std::string(format.substr(i, count)) + "'");
        }
        made.steps_.push_back(*step);
        i += count;
    }
    return complete(std::move(made));
}

Expected<TimeFormat> TimeFormat::complete(TimeFormat made) {
    const auto has = [&](Token token) {
        return std::any_of(made.steps_.begin(), made.steps_.end(),
                           [&](const Step& step) { return step.token == token; });
    };
    if (!has(Token::year) || !has(Token::day) || !(has(Token::month) || has(Token::month_name)))
        return bad("bad_format", {}, "a date format must name year, month and day");
    if (has(Token::hour12) != has(Token::am_pm))
        return bad("bad_format", {}, "'h' and 'A' must be used together");
    return made;
}

std::optional<ParsedTime> TimeFormat::parse(std::string_view text) const {
    switch (kind_) {
    case Kind::iso:
        return parse_iso(text);
    case Kind::epoch:
        return parse_epoch(trim(text));
    case Kind::tokens:
        return parse_tokens(trim(text));
    }
    return std::nullopt;
}

std::optional<ParsedTime> TimeFormat::parse_epoch(std::string_view text) const {
    const std::size_t point = std::min(text.find('.'), text.size());
    const auto units = parse_int(text.substr(0, point));
    const std::int64_t beyond = 253'402'300'800 * k_second_us / epoch_unit_us_; // the year 10000
    if (!units || *units >= beyond || *units <= -beyond)
        return std::nullopt;
    std::int64_t fraction_us = 0;
    if (point < text.size()) {
        Cursor at{text.substr(point + 1)};
        const auto millionths = at.fraction(9);
        if (!millionths || !at.done())
            return std::nullopt;
        fraction_us = *millionths * epoch_unit_us_ / k_second_us;
    }
    const std::int64_t whole_us = *units * epoch_unit_us_;
    const bool negative = text.front() == '-';
    return ParsedTime{negative ? whole_us - fraction_us : whole_us + fraction_us, 0, true};
}

std::optional<ParsedTime> TimeFormat::parse_tokens(std::string_view text) const {
    Cursor at{text};
    Reading reading;
    bool has_time = false;
    for (const Step& step : steps_) {
        if (!reading.take(step, at))
            return std::nullopt;
        has_time = has_time || step.token == Token::hour || step.token == Token::hour12;
    }
    Civil& civil = reading.civil;
    const auto date = date_from(civil.year, civil.month, civil.day);
    if (!at.done() || !date)
        return std::nullopt;
    const int hour = civil.hour + (reading.afternoon.value_or(false) ? 12 : 0);
    ParsedTime parsed;
    parsed.local_us = *date * k_day_us + hour * k_hour_us + civil.minute * k_minute_us +
                      civil.second * k_second_us + civil.micros;
    parsed.offset_seconds = reading.offset;
    parsed.has_time = has_time;
    return parsed;
}

} // namespace harmonia::time
