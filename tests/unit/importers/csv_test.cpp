#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/importers/reading.hpp"

using namespace harmonia;
using test::fields_of;

namespace {
const std::string k_csv = "format: {kind: csv}";
const std::vector<std::string> k_ab{"a", "b"};
} // namespace

TEST_CASE("csv: columns are found by title, quotes as RFC 4180 says") {
    CHECK(fields_of(k_csv, k_ab, "b,x,a\n1,2,3\n4,5,6\n") == "3|1;6|4");
    CHECK(fields_of(k_csv, k_ab, "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n") == "1,5|say \"hi\"");
    CHECK(fields_of(k_csv, k_ab, "a,b\n\"two\nlines\",x\n3,4\n") == "two\nlines|x;3|4");
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,in \"the\" middle\n") == "1|in \"the\" middle");
    CHECK(fields_of(k_csv, k_ab, "a,b\n,\n\"\",\"\"\n") == "|;|");
    CHECK(fields_of(k_csv, k_ab, "\"a\", b \n1,2") == "1|2");
    CHECK(fields_of(k_csv, {"b", "b"}, "a,b\n1,2\n") == "2|2");
}

TEST_CASE("csv: line ends, byte order mark, blank lines, skipped lines") {
    CHECK(fields_of(k_csv, k_ab,
                    "\xEF\xBB\xBF"
                    "a,b\r\n1,2\r\n\r\n3,\"4\"\r\n") == "1|2;3|4");
    CHECK(fields_of("format: {kind: csv, skip_lines: 2}", k_ab, "x\ny,\"\na,b\n1,2\n") == "1|2");
    CHECK(fields_of(k_csv, k_ab, "").empty());
    CHECK(fields_of(k_csv, k_ab, "\n\n").empty());
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,2") == "1|2");
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,\"2\"") == "1|2");
}

TEST_CASE("csv: every record knows its offset, line and number, however the bytes arrive") {
    const std::string text = "a,b\r\n1,\"x\ny\"\r\n\r\nbad\n2,z\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
        const auto read = test::read_all(*test::format_of(k_csv, k_ab), text, piece);
        REQUIRE(read.records.size() == 3);
        CHECK(read.header == "a,b");
        CHECK(read.records[0].offset == 5);
        CHECK(read.records[0].next == 14);
        CHECK(read.records[0].line == 2);
        CHECK(read.records[1].line == 5);
        CHECK(read.records[1].code == "short_record");
        CHECK(read.records[1].field == "b");
        CHECK(read.records[2].line == 6);
        CHECK(read.records[2].number == 3);
        CHECK(read.records[2].next == text.size());
        CHECK(text.substr(read.records[2].offset, 3) == "2,z");
        CHECK(read.totals.records == 3);
        CHECK(read.totals.ignored_lines == 2);
    }
}

TEST_CASE("csv: broken quoting costs one line") {
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,\"2\n3,4\n5,6\n") == "!bad_quote;3|4;5|6");
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,\"2\"x\n3,4\n") == "!bad_quote;3|4");
    CHECK(fields_of(k_csv, k_ab, "a,b\n\"1\n\"2,3\n4,5\n") == "!bad_quote;!bad_quote;4|5");
    CHECK(fields_of("format: {kind: csv, quote: none}", k_ab, "a,b\n1,\"2\n") == "1|\"2");
}

TEST_CASE("csv: a record longer than the limit is refused, the next one read") {
    const std::string yaml = "format: {kind: csv, record_bytes_max: 1KiB}";
    const std::string fits(1024 - 2, 'x'), over(1024 - 1, 'x'), far(3'000'000, 'x');
    CHECK(fields_of(yaml, {"a"}, "a,b\n" + fits + ",1\n2,3\n") == fits + ";2");
    CHECK(fields_of(yaml, {"a"}, "a,b\n" + over + ",1\n2,3\n") == "!record_too_long;2");
    CHECK(fields_of(yaml, {"a"}, "a,b\n" + far + ",1\n2,3\n") == "!record_too_long;2");
    CHECK(fields_of(yaml, {"a"}, "a,b\n\"" + far + "\",1\n2,3\n") == "!record_too_long;2");
    CHECK(fields_of(yaml, {"a"}, "a,b\n\"\n" + far + "\",1\n2,3\n") ==
          "!bad_quote;!record_too_long;2");
}

TEST_CASE("csv: bad bytes refuse their record; a NUL is left to the filters") {
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,\xC3\x28\n2,\xC3\xA9\n") == "!bad_encoding;2|\xC3\xA9");
    CHECK(fields_of(k_csv, k_ab, std::string("a,b\n1,\0\n", 8)) == std::string("1|\0", 3));
}

TEST_CASE("csv: too many columns are a bad record unless they are empty") {
    CHECK(fields_of(k_csv, k_ab, "a,b\n1,2,\n1,2,3\n") == "1|2;!extra_column");
}

TEST_CASE("csv: named columns without a header, other delimiters, record selector") {
    CHECK(fields_of("format: {kind: delimited, delimiter: '|', columns: [t, a, b], quote: none, "
                    "record: {field: t, equals: D}}",
                    k_ab, "H|x\nD|1|2\nT|9\nD|3|4\n") == "1|2;3|4");
    CHECK(fields_of("format: {kind: csv, delimiter: tab}", k_ab, "a\tb\n1\t2\n") == "1|2");
    CHECK(fields_of("format: {kind: csv, trim: true}", k_ab, "a,b\n 1 ,2\n") == "1|2");
    CHECK(fields_of("format: {kind: csv}\nfields: {a: Store No_}", k_ab, "Store No_,b\n1,2\n") ==
          "1|2");
}

TEST_CASE("csv: a header that lacks a used column, or has it twice, refuses the file") {
    CHECK_THROWS_WITH(fields_of(k_csv, k_ab, "a,bb\n1,2\n"), Catch::Contains("no column 'b'"));
    CHECK_THROWS_WITH(fields_of(k_csv, k_ab, "a,b,b\n1,2,3\n"), Catch::Contains("twice"));
    try {
        (void)fields_of(k_csv, k_ab, "a\n1\n");
        FAIL();
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::data);
    }
}

TEST_CASE("csv: mistakes in a declaration are configuration errors") {
    const auto refused = [](const std::string& yaml) {
        try {
            (void)test::format_of(yaml, k_ab);
        } catch (const Error& error) {
            return error.exit() == Exit::config;
        }
        return false;
    };
    CHECK(refused("format: {kind: cvs}"));
    CHECK(refused("format: {}"));
    CHECK(refused("format: {kind: csv, delimter: x}"));
    CHECK(refused("format: {kind: csv, delimiter: ab}"));
    CHECK(refused("format: {kind: csv, delimiter: '\"'}"));
    CHECK(refused("format: {kind: csv, header: false}"));
    CHECK(refused("format: {kind: csv, header: true, columns: [a, b]}"));
    CHECK(refused("format: {kind: csv, columns: [a]}"));
    CHECK(refused("format: {kind: csv, record_bytes_max: 10}"));
    CHECK_FALSE(refused("format: {kind: csv, columns: [a, b]}"));
}
