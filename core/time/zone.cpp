#include "core/time/zone.hpp"

#include "core/base/check.hpp"
#include "core/time/civil.hpp"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace harmonia::time {

namespace {

// Far below any instant that is converted, far above the range where arithmetic overflows.
constexpr std::int64_t k_before_all_us = -4'000'000'000'000'000'000;

std::int64_t micros(std::chrono::seconds seconds) {
    return seconds.count() * k_second_us;
}

std::int64_t micros(date::sys_seconds at) {
    return micros(at.time_since_epoch());
}

} // namespace

Zone::Zone(std::string name) : name_(std::move(name)) {}

Zone Zone::fixed(std::string name, std::int64_t offset_us) {
    Zone zone(std::move(name));
    zone.intervals_.push_back({k_before_all_us, k_before_all_us, offset_us});
    return zone;
}

Zone Zone::from_database(const std::string& name) {
    using namespace std::chrono_literals;
    const date::time_zone* source = date::locate_zone(name);
    Zone zone(name);
    const date::sys_seconds first = date::sys_days(date::year(1900) / 1 / 1);
    const date::sys_seconds last = date::sys_days(date::year(2038) / 1 / 1);
    auto info = source->get_info(first);
    zone.intervals_.push_back({k_before_all_us, k_before_all_us, micros(info.offset)});
    while (info.end < last) {
        info = source->get_info(info.end);
        const std::int64_t offset = micros(info.offset);
        if (offset != zone.intervals_.back().offset_us)
            zone.intervals_.push_back({micros(info.begin), micros(info.begin) + offset, offset});
    }
    return zone;
}

const Zone* Zone::find(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<const Zone>, std::less<>> zones;
    const std::lock_guard lock(mutex);
    if (const auto known = zones.find(name); known != zones.end())
        return known->second.get();
    std::unique_ptr<const Zone> made;
    const std::string text(name);
    if (text == "UTC" || text == "GMT" || text == "Etc/UTC") {
        made.reset(new Zone(fixed(text, 0)));
    } else if (text == "MST") {
        made.reset(new Zone(fixed(text, -7 * k_hour_us)));
    } else {
        try {
            made.reset(new Zone(from_database(text)));
        } catch (const std::runtime_error&) {
            return nullptr;
        }
    }
    return zones.emplace(text, std::move(made)).first->second.get();
}

const Zone& Zone::utc() {
    static const Zone& zone = *find("UTC");
    return zone;
}

const Zone::Interval& Zone::at_instant(std::int64_t instant_us) const {
    const auto after =
        std::upper_bound(intervals_.begin() + 1, intervals_.end(), instant_us,
                         [](std::int64_t at, const Interval& i) { return at < i.begin_us; });
    return *(after - 1);
}

int Zone::offset_seconds(std::int64_t instant_us) const {
    return static_cast<int>(at_instant(instant_us).offset_us / k_second_us);
}

std::int64_t Zone::to_local(std::int64_t instant_us) const {
    return instant_us + at_instant(instant_us).offset_us;
}

// The last interval that has begun by the local clock. Where a time occurs twice, that is the later
// one; in a gap it is the one before, whose offset shifts the time over the gap.
std::int64_t Zone::to_instant(std::int64_t local_us) const {
    const auto after =
        std::upper_bound(intervals_.begin() + 1, intervals_.end(), local_us,
                         [](std::int64_t at, const Interval& i) { return at < i.local_begin_us; });
    return local_us - (after - 1)->offset_us;
}

std::int32_t Zone::date_of(std::int64_t instant_us) const {
    return date_of_local(to_local(instant_us));
}

std::int64_t Zone::day_begin(std::int32_t date) const {
    const std::int64_t midnight = date * k_day_us;
    const std::int64_t later = to_instant(midnight);
    const Interval& interval = at_instant(later);
    if (&interval != intervals_.data()) {
        const std::int64_t earlier = midnight - (&interval - 1)->offset_us;
        if (earlier < interval.begin_us)
            return earlier;
    }
    return later;
}

DayBounds Zone::day_of(std::int64_t instant_us) const {
    const std::int32_t date = date_of(instant_us);
    return {day_begin(date), day_begin(date + 1)};
}

std::int64_t Zone::next_time_of_day(std::int64_t instant_us, int minutes) const {
    HARMONIA_CHECK(minutes >= 0 && minutes < 24 * 60);
    std::int32_t date = date_of(instant_us);
    for (;; ++date) {
        const std::int64_t at = to_instant(date * k_day_us + minutes * k_minute_us);
        if (at > instant_us)
            return at;
    }
}

} // namespace harmonia::time
