// Declared date formats and ISO 8601.
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace harmonia::time;

namespace {

std::string read(std::string_view format, std::string_view text, const char* zone = "UTC") {
    const auto compiled = TimeFormat::compile(format);
    if (!compiled)
        return compiled.error().detail;
    const auto parsed = compiled->parse(text);
    return parsed ? print_utc(parsed->instant(*Zone::find(zone))) : "refused";
}

} // namespace

TEST_CASE("M-10 a time with an offset ignores the zone, a bare one is of the zone") {
    CHECK(read("iso", "2022-07-01T12:00:00", "Europe/London") == "2022-07-01T11:00:00.000000Z");
    CHECK(read("iso", "2022-07-01T12:00:00", "GMT") == "2022-07-01T12:00:00.000000Z");
    CHECK(read("iso", "2022-07-01T12:00:00+00:00", "Europe/London") ==
          "2022-07-01T12:00:00.000000Z");
}

TEST_CASE("ISO 8601 in the forms that feeds use") {
    CHECK(read("iso", "2022-10-14") == "2022-10-14T00:00:00.000000Z");
    CHECK(read("iso", "20221014") == "2022-10-14T00:00:00.000000Z");
    CHECK(read("iso", "2022-10-14 09:05") == "2022-10-14T09:05:00.000000Z");
    CHECK(read("iso", "20221014T090507Z") == "2022-10-14T09:05:07.000000Z");
    CHECK(read("iso", "2022-10-14T09:05:07.1+0100") == "2022-10-14T08:05:07.100000Z");
    CHECK(read("iso", "2022-10-14T09:05:07.123456789-07") == "2022-10-14T16:05:07.123456Z");
    CHECK(read("iso", " 2022-10-14 09:05:07 +05:30 ") == "2022-10-14T03:35:07.000000Z");
    CHECK(read("iso", "2024-02-29") == "2024-02-29T00:00:00.000000Z");
    for (const char* text : {"",
                             "2022",
                             "2022-10",
                             "2022-02-30",
                             "2023-02-29",
                             "2022-13-01",
                             "2022-00-01",
                             "2022-01-00",
                             "2022-1-1",
                             "0000-01-01",
                             "2022-10-14T",
                             "2022-10-14T24:00:00",
                             "2022-10-14T23:60:00",
                             "2022-10-14T23:59:60",
                             "2022-10-14T09:05:07.",
                             "2022-10-14T09:05:07.1234567890",
                             "2022-10-14T09:05:07+19:00",
                             "2022-10-14T09:05:07+01:60",
                             "2022-10-14T09:05:07 London",
                             "2022-10-14x",
                             "2022-10-14T9:05",
                             "14/10/2022",
                             "-022-10-14"}) {
        INFO(text);
        CHECK(read("iso", text) == "refused");
    }
}

TEST_CASE("M-6 M-11 declared formats") {
    CHECK(read("YYYYMMDD HHmm", "20201027 1501", "Europe/London") == "2020-10-27T15:01:00.000000Z");
    CHECK(read("M/D/YYYY h:m:s A", "10/27/2020 3:1:59 PM", "GMT") == "2020-10-27T15:01:59.000000Z");
    CHECK(read("M/D/YYYY h:m:s A", "1/2/2020 12:00:00 am") == "2020-01-02T00:00:00.000000Z");
    CHECK(read("M/D/YYYY h:m:s A", "1/2/2020 12:00:00 PM") == "2020-01-02T12:00:00.000000Z");
    CHECK(read("YYYY-MM-DD-HH.mm.ss", "2020-10-27-15.01.59") == "2020-10-27T15:01:59.000000Z");
    CHECK(read("DD/MM/YYYY HH:mm:ss", "27/10/2020 15:01:59") == "2020-10-27T15:01:59.000000Z");
    CHECK(read("YYYY-MM-DD HH:mm:ss.SSS", "2020-10-27 15:01:59.5") ==
          "2020-10-27T15:01:59.500000Z");
    CHECK(read("ddd, DD MMM YYYY HH:mm:ss [GMT]", "Sun, 06 Nov 1994 08:49:37 GMT") ==
          "1994-11-06T08:49:37.000000Z");
    CHECK(read("YYYY-MM-DDTHH:mm:ssZ", "2020-10-27T15:01:59+01:00") ==
          "2020-10-27T14:01:59.000000Z");
    CHECK(read("YYYYMMDD", "20200230") == "refused");
    CHECK(read("YYYYMMDD", "2020022") == "refused");
    CHECK(read("YYYYMMDD", "202002201") == "refused");
    CHECK(read("YYYYMMDD HHmm", "20201027 2400") == "refused");
    CHECK(read("M/D/YYYY h:m:s A", "10/27/2020 13:1:59 PM") == "refused");
    CHECK(read("M/D/YYYY h:m:s A", "10/27/2020 3:1:59 XM") == "refused");
}

TEST_CASE("seconds since 1970") {
    CHECK(read("epoch_s", "1603810919") == "2020-10-27T15:01:59.000000Z");
    CHECK(read("epoch_s", "1603810919.25") == "2020-10-27T15:01:59.250000Z");
    CHECK(read("epoch_ms", "1603810919001", "Europe/London") == "2020-10-27T15:01:59.001000Z");
    CHECK(read("epoch_s", "-0.5") == "1969-12-31T23:59:59.500000Z");
    CHECK(read("epoch_ms", "1.25") == "1970-01-01T00:00:00.001250Z");
    CHECK(read("epoch_us", "-1") == "1969-12-31T23:59:59.999999Z");
    CHECK(read("epoch_s", "9999999999999") == "refused");
    CHECK(read("epoch_s", "soon") == "refused");
}

TEST_CASE("an incomplete or malformed format is refused when it is compiled") {
    CHECK(read("YYYY-MM", "2020-10") == "a date format must name year, month and day");
    CHECK(read("YYYYMMDD QQ", "") == "unknown token 'QQ'");
    CHECK(read("YYYY-MM-DDTHHmmss[Z", "") == "'[' without ']'");
    CHECK(read("YYYYMMDD hh:mm", "") == "'h' and 'A' must be used together");
    CHECK(read("YYMMDD", "") == "unknown token 'YY'");
}

TEST_CASE("a parsed string says whether it had a time") {
    CHECK_FALSE(parse_iso("2022-10-14")->has_time);
    CHECK(parse_iso("2022-10-14T00:00")->has_time);
    CHECK_FALSE(TimeFormat::compile("YYYYMMDD")->parse("20221014")->has_time);
    CHECK(parse_date("2022-10-14") == date_from(2022, 10, 14));
    CHECK_FALSE(parse_date("20221014").has_value());
}
