// Retention as configured, and the age of archived files.
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "jobs/purge_archive/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::purge_archive;

namespace {

Retention read(const std::string& purge, const std::string& matching = "{}",
               std::optional<long long> older_than = {}) {
    return Retention::read(config::parse("purge_archive: " + purge +
                                             "\nmatch: {window_days: 14}\nmatching: " + matching +
                                             "\n",
                                         "f"),
                           older_than);
}

std::string refusal(const std::string& purge, const std::string& matching = "{}") {
    try {
        static_cast<void>(read(purge, matching));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// Days since 1970 of 2026-11-21.
constexpr long long k_day = 20778;

} // namespace

TEST_CASE("retention is read in whole days, and what guards outlives what it guards") {
    const Retention days = read("{older_than: 48h, files: 7d}", "{costa: {window_days: 30}}");
    CHECK(days.older_than == 2);
    CHECK(days.guard == 400);
    CHECK(days.files == 7);
    CHECK(days.window == 30);
    CHECK(read("{}", "{}", 90).older_than == 90);
    CHECK(refusal("{older_than: 36h}") ==
          "f:1:29: purge_archive.older_than: must be whole days, got '36h'");
    CHECK(refusal("{runs: 0d}") == "f:1:23: purge_archive.runs: must be whole days, got '0d'");
    CHECK(refusal("{older_then: 1d}") ==
          "f:1:29: purge_archive.older_then: unknown key 'older_then'");
    CHECK_THAT(refusal("{guard: 59d}"), Catch::Contains("guard must not be shorter"));
    CHECK_THAT(refusal("{guard: 60d}", "{costa: {window_days: 61}}"),
               Catch::Contains("guard must not be shorter"));
    CHECK(refusal("{guard: 60d}", "{costa: {window_days: 60}}").empty());
    CHECK_THAT(refusal("{reasons: 59d}"), Catch::Contains("reasons must not be shorter"));
}

TEST_CASE("days on the command line") {
    CHECK(parse_days("60d") == 60);
    CHECK_THROWS_AS(parse_days("60"), Error);
    CHECK_THROWS_AS(parse_days("-1d"), Error);
    CHECK_THROWS_AS(parse_days("99999999d"), Error);
}

TEST_CASE("areas come in the order they are done; no names mean all of them") {
    CHECK(parse_areas({"files", "exports"}) == std::vector<Area>{Area::exports, Area::files});
    CHECK(parse_areas({}).size() == area_names().size());
    try {
        static_cast<void>(parse_areas({"file"}));
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.hint() == "Did you mean 'files'?");
        CHECK(error.exit() == Exit::usage);
    }
}

TEST_CASE("a file was archived on the date of its folder, or when its entry changed") {
    CHECK(day_put_away("2026-11-21/visa/x.csv", 0) == k_day);
    CHECK(day_put_away("visa/2026-11-21/x.csv", k_day * 86400 + 5) == k_day);
    CHECK(day_put_away("x.csv", k_day * 86400 - 1) == k_day - 1);
    CHECK(day_put_away("2026-13-21/x.csv", 86400) == 1);
    CHECK(day_put_away("2026-1-2100/x", 86400) == 1);
}
