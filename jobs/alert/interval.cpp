#include "jobs/alert/interval.hpp"

#include "core/base/text.hpp"
#include "core/time/civil.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace harmonia::alert {
namespace {

constexpr int k_day_minutes = 24 * 60;
constexpr std::array k_weekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                   "friday", "saturday", "sunday"};

std::optional<int> minute_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':')
        return std::nullopt;
    const auto hour = parse_int(text.substr(0, 2)), minute = parse_int(text.substr(3));
    if (!hour || !minute || *hour < 0 || *minute < 0 || *minute > 59 ||
        *hour * 60 + *minute > k_day_minutes)
        return std::nullopt;
    return static_cast<int>(*hour * 60 + *minute);
}

void read_times(const config::Value& list, Span& span) {
    for (const auto& item : list.list()) {
        const std::string text = item.as_text();
        const auto from = minute_of(text.substr(0, std::min<std::size_t>(5, text.size())));
        const auto to =
            text.size() == 11 && text[5] == '-' ? minute_of(text.substr(6)) : std::nullopt;
        if (!from || !to || *from == *to)
            item.fail("must be a range HH:MM-HH:MM, got '" + text + "'");
        if (*from < *to) {
            span.minutes.emplace_back(*from, *to);
        } else {
            span.minutes.emplace_back(*from, k_day_minutes);
            span.minutes.emplace_back(0, *to);
        }
    }
}

int weekday(const config::Value& item, std::string_view text) {
    const auto found = std::find(k_weekdays.begin(), k_weekdays.end(), to_lower(trim(text)));
    if (found == k_weekdays.end())
        item.fail("'" + std::string(text) + "' is not a valid weekday",
                  "Weekdays are monday, tuesday … sunday.");
    return static_cast<int>(found - k_weekdays.begin()) + 1;
}

void read_weekdays(const config::Value& list, Span& span) {
    for (const auto& item : list.list()) {
        const std::string text = item.as_text();
        const auto parts = split(text, '-');
        if (parts.size() > 2)
            item.fail("must be a weekday or a range of weekdays, got '" + text + "'");
        const int from = weekday(item, parts.front()), to = weekday(item, parts.back());
        if (from <= to) {
            span.weekdays.emplace_back(from, to);
        } else {
            span.weekdays.emplace_back(from, 7);
            span.weekdays.emplace_back(1, to);
        }
    }
}

void read_days(const config::Value& list, Span& span) {
    for (const auto& item : list.list()) {
        const std::string text = item.as_text();
        const std::size_t dash = text.find('-', 1);
        const auto from = parse_int(std::string_view(text).substr(0, dash));
        const auto to =
            dash == std::string::npos ? from : parse_int(std::string_view(text).substr(dash + 1));
        const auto holds = [](std::optional<long long> day) {
            return day && *day != 0 && *day >= -31 && *day <= 31;
        };
        if (!holds(from) || !holds(to) || (*from < 0) != (*to < 0) || *from > *to)
            item.fail("must be a day of the month or a range of days, got '" + text + "'",
                      "Days count from 1, or back from the end of the month as -1.");
        span.days.emplace_back(static_cast<int>(*from), static_cast<int>(*to));
    }
}

bool within(const std::vector<std::pair<int, int>>& ranges, int value) {
    return ranges.empty() ||
           std::any_of(
               ranges.begin(), ranges.end(),
               [&](const auto& range) { return range.first <= value && value <= range.second; });
}

int days_in_month(const time::Civil& at) {
    const int year = at.month == 12 ? at.year + 1 : at.year;
    return *time::date_from(year, at.month % 12 + 1, 1) - *time::date_from(at.year, at.month, 1);
}

Span read_span(const config::Value& value) {
    config::Reader reader(value);
    Span span;
    if (const auto times = reader.optional("times"))
        read_times(*times, span);
    if (const auto weekdays = reader.optional("weekdays"))
        read_weekdays(*weekdays, span);
    if (const auto days = reader.optional("days"))
        read_days(*days, span);
    const std::string zone = reader.text("zone", "UTC");
    span.zone = time::Zone::find(zone);
    if (span.zone == nullptr)
        value.fail("unknown time zone '" + zone + "'");
    reader.finish();
    return span;
}

} // namespace

bool Span::contains(std::int64_t instant_us) const {
    const std::int64_t local = zone->to_local(instant_us);
    const time::Civil at = time::civil_of(local);
    const int minute = at.hour * 60 + at.minute;
    const bool in_time =
        minutes.empty() || std::any_of(minutes.begin(), minutes.end(), [&](const auto& range) {
            return range.first <= minute && minute < range.second;
        });
    return in_time && within(weekdays, time::weekday_of(time::date_of_local(local))) &&
           (within(days, at.day) || within(days, at.day - days_in_month(at) - 1));
}

bool contains(const Interval& interval, std::int64_t instant_us) {
    return std::any_of(
        interval.begin(), interval.end(),
        [&](const Span& span) { return span.contains(instant_us); });
}

Intervals read_intervals(const config::Value& map) {
    Intervals out;
    for (const auto& [name, spans] : map.map())
        for (const auto& span : spans.list())
            out[name].push_back(read_span(span));
    return out;
}

} // namespace harmonia::alert
