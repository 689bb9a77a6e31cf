#include "jobs/purge_archive/decide.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace harmonia::purge_archive {
namespace {

constexpr long long k_day_ms = 86'400'000;
constexpr long long k_days_max = 36'500; // a hundred years: beyond it the unit is mistyped

std::optional<long long> whole_days(std::string_view text) {
    const auto duration = parse_duration_ms(text);
    if (!duration || *duration <= 0 || *duration % k_day_ms != 0 ||
        *duration / k_day_ms > k_days_max)
        return std::nullopt;
    return *duration / k_day_ms;
}

long long read_days(config::Reader& reader, const char* key, long long otherwise) {
    const auto value = reader.optional(key);
    if (!value)
        return otherwise;
    const auto days = whole_days(value->as_text());
    if (!days)
        value->fail("must be whole days, got '" + printable(value->as_text(), 60) + "'",
                    "Write the number of days, for example 60d.");
    return *days;
}

long long longest_window(const config::Value& root) {
    long long longest = config::lookup(root, "match.window_days")->as_integer();
    for (const auto& [merchant, declaration] : config::lookup(root, "matching")->map()) {
        if (declaration.kind() != config::Value::Kind::map)
            continue;
        if (const config::Value* window = declaration.find("window_days"))
            longest = std::max(longest, window->as_integer());
    }
    return longest;
}

} // namespace

Retention Retention::read(const config::Value& root, std::optional<long long> older_than_days) {
    const auto section = config::lookup(root, "purge_archive");
    config::Reader reader(*section);
    Retention days;
    days.older_than = read_days(reader, "older_than", days.older_than);
    days.guard = read_days(reader, "guard", days.guard);
    days.reasons = read_days(reader, "reasons", days.reasons);
    days.runs = read_days(reader, "runs", days.runs);
    days.files = read_days(reader, "files", days.files);
    reader.finish();
    if (older_than_days)
        days.older_than = *older_than_days;
    days.window = longest_window(root);
    if (days.guard < std::max(days.older_than, days.window))
        section->fail("guard must not be shorter than older_than or a match window",
                      "The ids that detect duplicates must outlive the rows they guard.");
    if (days.reasons < days.older_than)
        section->fail("reasons must not be shorter than older_than",
                      "Every match that is kept must be explainable.");
    return days;
}

long long parse_days(const std::string& text) {
    const auto days = whole_days(text);
    if (!days)
        throw Error(Exit::usage,
                    "--older-than must be whole days, got '" + printable(text, 60) + "'",
                    "Write the number of days, for example 60d.");
    return *days;
}

const std::vector<std::string>& area_names() {
    static const std::vector<std::string> names = {
#define PURGE_AREA(name) #name,
#include "jobs/purge_archive/areas.def"
#undef PURGE_AREA
    };
    return names;
}

std::vector<Area> parse_areas(const std::vector<std::string>& names) {
    const std::vector<std::string>& known = area_names();
    for (const std::string& name : names) {
        if (std::find(known.begin(), known.end(), name) != known.end())
            continue;
        const auto near = nearest(name, known);
        throw Error(Exit::usage, fmt::format("unknown area '{}'", printable(name, 60)),
                    near ? fmt::format("Did you mean '{}'?", *near)
                         : fmt::format("Areas: {}.", join(known, ", ")));
    }
    std::vector<Area> areas;
    for (std::size_t i = 0; i < known.size(); ++i)
        if (names.empty() || std::find(names.begin(), names.end(), known[i]) != names.end())
            areas.push_back(static_cast<Area>(i));
    return areas;
}

long long day_put_away(std::string_view relative_path, long long changed_epoch_s) {
    using namespace std::chrono;
    const std::string_view first = relative_path.substr(0, relative_path.find('/'));
    const auto parts = split(first, '-');
    if (first.size() == 10 && parts.size() == 3 && parts[0].size() == 4 && parts[1].size() == 2) {
        const auto y = parse_int(parts[0]), m = parse_int(parts[1]), d = parse_int(parts[2]);
        if (y && m && d) {
            const year_month_day date{year(static_cast<int>(*y)), month(static_cast<unsigned>(*m)),
                                      day(static_cast<unsigned>(*d))};
            if (date.ok())
                return sys_days(date).time_since_epoch().count();
        }
    }
    return floor<days>(sys_seconds(seconds(changed_epoch_s))).time_since_epoch().count();
}

} // namespace harmonia::purge_archive
