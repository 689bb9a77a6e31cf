// Time zones, days and printed times.
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"
#include "core/time/format.hpp"
#include "core/time/zone.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace harmonia::time;

namespace {

std::int64_t utc(std::string_view text) {
    return parse_iso(text)->instant(Zone::utc());
}

std::string instant_of(std::string_view text, const char* zone) {
    return print_utc(parse_iso(text)->instant(*Zone::find(zone)));
}

} // namespace

TEST_CASE("M-12 amex times: MST is seven hours behind all year, London follows its clock") {
    CHECK(instant_of("2022-11-04 08:55:50", "MST") == "2022-11-04T15:55:50.000000Z");
    CHECK(instant_of("2022-07-04 08:55:50", "MST") == "2022-07-04T15:55:50.000000Z");
    CHECK(instant_of("2022-11-04 15:55:50", "Europe/London") == "2022-11-04T15:55:50.000000Z");
    CHECK(instant_of("2022-07-04 15:55:50", "Europe/London") == "2022-07-04T14:55:50.000000Z");
}

TEST_CASE("M-23 a local time that occurs twice is the later one, a missing one is shifted") {
    CHECK(instant_of("2020-10-25 01:30", "Europe/London") == "2020-10-25T01:30:00.000000Z");
    CHECK(instant_of("2020-10-25 00:59:59", "Europe/London") == "2020-10-24T23:59:59.000000Z");
    CHECK(instant_of("2021-03-28 01:30", "Europe/London") == "2021-03-28T01:30:00.000000Z");
    const Zone& london = *Zone::find("Europe/London");
    CHECK(print_in_zone(utc("2021-03-28T01:30:00Z"), london) == "2021-03-28T02:30:00+01:00");
    CHECK(instant_of("2021-03-28 02:30", "Europe/London") == "2021-03-28T01:30:00.000000Z");
    CHECK(instant_of("2021-11-07 01:30", "America/New_York") == "2021-11-07T06:30:00.000000Z");
}

TEST_CASE("every hour of forty years converts to local time and back") {
    for (const char* name :
         {"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}) {
        const Zone& zone = *Zone::find(name);
        std::int64_t moved = 0;
        for (std::int64_t at = utc("1995-01-01T00:00:00Z"); at < utc("2035-01-01T00:00:00Z");
             at += k_hour_us) {
            const std::int64_t back = zone.to_instant(zone.to_local(at));
            moved += back == at ? 0 : 1;
            REQUIRE((back == at || (back > at && back - at <= k_hour_us)));
        }
        INFO(name);
        CHECK(moved <= 40); // at most one ambiguous hour a year
    }
}

TEST_CASE("days begin and end at the zone's midnights") {
    const Zone& london = *Zone::find("Europe/London");
    const auto spring = london.day_of(utc("2021-03-28T12:00:00Z"));
    CHECK(print_utc(spring.begin_us) == "2021-03-28T00:00:00.000000Z");
    CHECK(print_utc(spring.end_us) == "2021-03-28T23:00:00.000000Z");
    const auto autumn = london.day_of(utc("2020-10-25T00:30:00Z"));
    CHECK(autumn.end_us - autumn.begin_us == 25 * k_hour_us);
    CHECK(london.day_of(utc("2021-07-01T23:00:00Z")).begin_us == utc("2021-07-01T23:00:00Z"));
    CHECK(print_date(london.date_of(utc("2021-07-01T23:30:00Z"))) == "2021-07-02");

    // Havana sets its clocks back from 01:00 to 00:00: the day begins at the first of two
    // midnights.
    const Zone& havana = *Zone::find("America/Havana");
    const auto twice = havana.day_of(utc("2021-11-07T12:00:00Z"));
    CHECK(print_utc(twice.begin_us) == "2021-11-07T04:00:00.000000Z");
    CHECK(twice.end_us - twice.begin_us == 25 * k_hour_us);
    // And forward from 00:00 to 01:00: that day has no midnight.
    const auto none = havana.day_of(utc("2021-03-14T12:00:00Z"));
    CHECK(print_utc(none.begin_us) == "2021-03-14T05:00:00.000000Z");
    CHECK(none.end_us - none.begin_us == 23 * k_hour_us);
}

TEST_CASE("the next time of day is after the instant, on the zone's clock") {
    const Zone& london = *Zone::find("Europe/London");
    const auto next = [&](const char* after) {
        return print_utc(london.next_time_of_day(utc(after), 10 * 60));
    };
    CHECK(next("2021-07-01T08:59:59Z") == "2021-07-01T09:00:00.000000Z");
    CHECK(next("2021-07-01T09:00:00Z") == "2021-07-02T09:00:00.000000Z");
    CHECK(next("2021-10-30T12:00:00Z") == "2021-10-31T10:00:00.000000Z");
}

TEST_CASE("zones are found by name only") {
    CHECK(Zone::find("Europe/Lundon") == nullptr);
    CHECK(Zone::find("") == nullptr);
    CHECK(Zone::find("../../etc/passwd") == nullptr);
    CHECK(Zone::find("Europe/London") == Zone::find("Europe/London"));
    CHECK(Zone::find("GMT")->offset_seconds(utc("2021-07-01")) == 0);
}

TEST_CASE("times print in UTC with microseconds and in a zone with its offset") {
    CHECK(print_utc(utc("2026-11-21T04:47:49.207247+00:00")) == "2026-11-21T04:47:49.207247Z");
    CHECK(print_utc(-1) == "1969-12-31T23:59:59.999999Z");
    CHECK(print_in_zone(utc("2023-04-18T10:14:34Z"), *Zone::find("Europe/London")) ==
          "2023-04-18T11:14:34+01:00");
    CHECK(print_in_zone(utc("2023-01-01T00:00:00.5Z"), Zone::utc()) ==
          "2023-01-01T00:00:00.500000+00:00");
    CHECK(print_in_zone(utc("2023-01-01T00:00:00Z"), *Zone::find("America/St_Johns")) ==
          "2022-12-31T20:30:00-03:30");
    CHECK(weekday_of(*date_from(2026, 11, 21)) == 6);
    CHECK_FALSE(date_from(2023, 2, 29).has_value());
    CHECK(date_from(1970, 1, 2) == 1);
}

TEST_CASE("a manual clock moves only on request") {
    ManualClock clock(5);
    CHECK(clock.now_us() == 5);
    clock.advance(k_second_us);
    CHECK(clock.now_us() == 1'000'005);
    CHECK(system_clock().now_us() > utc("2020-01-01"));
}
