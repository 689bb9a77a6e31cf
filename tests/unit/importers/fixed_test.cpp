#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/importers/reading.hpp"

using namespace harmonia;
using test::fields_of;

namespace {
const std::string k_tgx =
    "format: {kind: fixed, skip_lines: 1, record: {at: 0, len: 1, equals: D}}\n"
    "fields: {type: [0, 1], mid: [1, 5], amount: [6, 4]}";
const std::vector<std::string> k_used{"mid", "amount"};
} // namespace

TEST_CASE(
    "M-7 lines of other types, blank lines and the trailer are skipped, the first line unread") {
    CHECK(fields_of(k_tgx, k_used, "DM0001 111\nAxxxx\n\nDM2    12 \nT0000000\n") == "M2|12");
    CHECK(fields_of(k_tgx, k_used, "H\r\nDM0001 111\r\n") == "M0001|111");
}

TEST_CASE("fixed: a line that ends before a used field is a bad record") {
    CHECK(fields_of(k_tgx, k_used, "H\nDM0001 11\nDM0001 111\n") == "!short_record;M0001|111");
    CHECK(fields_of(k_tgx, {"mid"}, "H\nDM0001\n") == "M0001");
    CHECK(fields_of("format: {kind: fixed, trim: false}\nfields: {a: [0, 3]}", {"a"}, " x \n") ==
          " x ");
}

TEST_CASE("fixed: bad bytes, and characters across a border, refuse their record") {
    CHECK(fields_of(k_tgx, k_used,
                    "H\nDM\xFF"
                    "001 111\n") == "!bad_encoding");
    CHECK(fields_of(k_tgx, k_used, "H\nDM000\xC3\xA9 11\n") == "!bad_encoding");
    CHECK(fields_of(k_tgx, k_used, "H\nDM00\xC3\xA9 111\n") == "M00\xC3\xA9|111");
}

TEST_CASE("fixed: widths one after the other") {
    CHECK(fields_of("format: {kind: fixed, widths: {t: 1, mid: 5, amount: 4}}", k_used,
                    "DM0001 111\n") == "M0001|111");
    CHECK(fields_of("format: {kind: fixed, widths: [{t: 1}, {mid: 5}, [amount, 4]]}", k_used,
                    "DM0001 111\n") == "M0001|111");
}

TEST_CASE("fixed: places of records, long lines") {
    const std::string text = "H\nDM0001 111\nx\nDM0002 222\n";
    const auto read = test::read_all(*test::format_of(k_tgx, k_used), text, 2);
    REQUIRE(read.records.size() == 2);
    CHECK(read.records[1].offset == 15);
    CHECK(read.records[1].next == text.size());
    CHECK(read.records[1].line == 4);
    CHECK(read.records[1].number == 2);
    CHECK(read.totals.ignored_lines == 2);
    const std::string far(2'000'000, 'D');
    CHECK(fields_of(k_tgx, k_used, "H\n" + far + "\nDM0001 111\n") == "!record_too_long;M0001|111");
}

TEST_CASE("fixed: control totals of a trailer") {
    const std::string yaml = "format: {kind: fixed, record: {at: 0, len: 1, equals: D}, trailer: "
                             "{at: 0, len: 1, equals: T, "
                             "records: [1, 3], sum: {field: amount, place: [4, 5]}}}\n"
                             "fields: {mid: [1, 5], amount: [6, 4]}";
    const auto check = [&](const std::string& text) {
        return test::read_all(*test::format_of(yaml, k_used), text).check;
    };
    const std::string two = "DM0001 111\nDM0001 -11\n";
    CHECK(check(two + "T00200100\n").empty());
    CHECK(check(two + "T00300100\n") == "trailer_count");
    CHECK(check(two + "T00200101\n") == "trailer_sum");
    CHECK(check(two + "T002\n") == "trailer_sum");
    CHECK(check(two) == "trailer_missing");
    CHECK(check("DM0001 1x1\nT001  111\n") == "trailer_sum");
}

TEST_CASE("fixed: mistakes in a declaration are configuration errors") {
    const auto refused = [](const std::string& yaml) {
        try {
            (void)test::format_of(yaml, {"a"});
        } catch (const Error& error) {
            return error.exit() == Exit::config;
        }
        return false;
    };
    CHECK(refused("format: {kind: fixed}\nfields: {b: [0, 1]}"));
    CHECK(refused("format: {kind: fixed}\nfields: {a: [0, 0]}"));
    CHECK(refused("format: {kind: fixed}\nfields: {a: [-1, 2]}"));
    CHECK(refused("format: {kind: fixed}\nfields: {a: [0, 2, 3]}"));
    CHECK(refused("format: {kind: fixed, record_bytes_max: 1KiB}\nfields: {a: [1020, 5]}"));
    CHECK(
        refused("format: {kind: fixed, record: {at: 0, len: 2, equals: D}}\nfields: {a: [0, 1]}"));
    CHECK(refused("format: {kind: fixed, widths: {a: 1}}\nfields: {a: [0, 1]}"));
}
