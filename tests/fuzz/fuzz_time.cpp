// The first line is a format, the rest a time. What is read prints and reads back as the same
// instant.
#include "core/base/check.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace harmonia;

namespace {

void check(const time::ParsedTime& parsed) {
    for (const char* name : {"UTC", "Europe/London", "America/Havana"}) {
        const time::Zone& zone = *time::Zone::find(name);
        const std::int64_t instant = parsed.instant(zone);
        const auto day = zone.day_of(instant);
        HARMONIA_CHECK(day.begin_us <= instant && instant < day.end_us);
        // ISO 8601 has offsets of whole minutes and four-digit years; local times of old, and those
        // that an offset carries over the calendar's ends, do not.
        const auto again = time::parse_iso(time::print_in_zone(instant, zone));
        const int year = time::civil_of(zone.to_local(instant)).year;
        if (year < 1 || year > 9999 || zone.offset_seconds(instant) % 60 != 0)
            continue;
        HARMONIA_CHECK(again && again->instant(zone) == instant);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view text = input.substr(std::min(end + 1, input.size()));
    if (const auto parsed = time::parse_iso(text))
        check(*parsed);
    const auto format = time::TimeFormat::compile(input.substr(0, end));
    if (!format) {
        HARMONIA_CHECK(!format.error().detail.empty());
        return 0;
    }
    if (const auto parsed = format->parse(text))
        check(*parsed);
    return 0;
}
