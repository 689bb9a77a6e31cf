#include "jobs/mids/decide.hpp"
#include "jobs/mids/rows.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using mids::parse_file;

namespace {

std::vector<std::string> fields_of(const char* text) {
    mids::Rows reader(text);
    std::vector<std::string> fields;
    REQUIRE(reader.next(fields).value());
    return fields;
}

std::string refusal(std::string_view text) {
    const auto file = parse_file(text);
    return file ? "" : file.error().code + " | " + file.error().detail;
}

/// A row with these first three columns and this action.
std::string row(const std::string& start, const std::string& action) {
    return start + ",costa,,,,Main Street,AB1," + action + "\n";
}

} // namespace

TEST_CASE("identifier fields are cut as RFC 4180 says and trimmed") {
    using Fields = std::vector<std::string>;
    CHECK(fields_of("a, b ,c\n") == Fields{"a", "b", "c"});
    CHECK(fields_of("a,,") == Fields{"a", "", ""});
    CHECK(fields_of("\"a,b\",\"say \"\"x\"\"\"\r\n") == Fields{"a,b", "say \"x\""});
    CHECK(fields_of(" \"a\" , \" b \"\n") == Fields{"a", "b"});
    CHECK(fields_of("\"two\nlines\",c") == Fields{"two\nlines", "c"});
    CHECK(fields_of("\xEF\xBB\xBF"
                    "a") == Fields{"a"});
    CHECK(fields_of("\n \r\n\na") == Fields{"a"});
}

TEST_CASE("a record is placed at its first line, blank lines are none") {
    mids::Rows reader("a\n\n\"b\nb\"\nc");
    std::vector<std::string> fields;
    std::vector<std::uint64_t> lines;
    while (reader.next(fields).value())
        lines.push_back(reader.line());
    CHECK(lines == std::vector<std::uint64_t>{1, 3, 5});
}

TEST_CASE("M-83 an identifier file: rows with action A, each once, others left alone") {
    const auto file = parse_file(
        "\xEF\xBB\xBFvisa, 0012 ,primary,costa,S1,B1,unused,\"High Street, 5\",AB1 2CD,A\n" +
        row("visa,0012,PRIMARY", "a") + row("visa,0013,Secondary", "R") +
        row("visa,0012,PSIMI", "A") + row("amex,9,PRIMARY", "d"));
    REQUIRE(file);
    CHECK(file->rows == 5);
    REQUIRE(file->added.size() == 2);
    const mids::Identifier& first = file->added[0];
    CHECK(first.key.provider == "visa");
    CHECK(first.key.identifier == "0012");
    CHECK(first.key.type == "PRIMARY");
    CHECK(first.scheme == "costa");
    CHECK(first.location_id == "S1");
    CHECK(first.merchant_internal_id == "B1");
    CHECK(first.location == "High Street, 5");
    CHECK(first.postcode == "AB1 2CD");
    CHECK(file->added[1].key.type == "PSIMI");
    CHECK_FALSE(file->added[1].location_id);
    REQUIRE(file->deleted.size() == 1);
    CHECK(file->deleted[0].identifier == "9");
}

TEST_CASE("M-83 an identifier file is refused naming the line") {
    const std::string good = row("visa,1,PRIMARY", "A");
    CHECK(refusal(good + good + "visa,1,PRIMARY,costa,,,,Main Street,A\n") ==
          "columns | line 3: expected 10 columns, found 9");
    CHECK(refusal(good + "visa,1,PRIMARY,costa,,,,,,A,\n") ==
          "columns | line 2: expected 10 columns, found 11");
    CHECK(refusal(good + "visa,1,PRIMARY,costa,,,,,,R,\n") ==
          "columns | line 2: expected 10 columns, found 11");
    CHECK(refusal(row("visa,1,banana", "A")) ==
          "identifier_type | line 1: identifier_type must be PRIMARY, SECONDARY or PSIMI, "
          "got 'banana'");
    CHECK(refusal(row("visa,1,", "D")) == "identifier_type | line 1: identifier_type must be "
                                          "PRIMARY, SECONDARY or PSIMI, got ''");
    CHECK(refusal(row("visa, ,PRIMARY", "A")) ==
          "identifier | line 1: identifier must not be blank");
    CHECK(refusal(row("Visa,1,PRIMARY", "A")) ==
          "slug | line 1: payment_provider must be a slug (lower-case letters, digits, single "
          "hyphens), got 'Visa'");
    CHECK(refusal(row("visa,\"1,PRIMARY", "A")) == "quote_open | line 1: a quote is never closed");
    CHECK(refusal(good + row("visa,1\"2,PRIMARY", "A")) ==
          "quote_inside | line 2: a quote inside an unquoted field");
    CHECK(refusal(row("visa,\"1\"2,PRIMARY", "A")) ==
          "quote_inside | line 1: text after a closing quote");
    CHECK(refusal(good + "\xFF") == "not_utf8 | line 2: not UTF-8 text");
    CHECK(refusal(good + row("visa,1,primary", "D")) ==
          "contradiction | line 2: identifier '1' is both added and deleted (see line 1)");
    CHECK(refusal(row("visa," + std::string(51, '1') + ",PRIMARY", "A")) ==
          "too_long | line 1: identifier must have at most 50 characters");
    CHECK(refusal("visa,1,PRIMARY,costa,,,," + std::string(10'000, 'x') + ",,A\n") ==
          "too_long | line 1: location must have at most 250 characters");
}

TEST_CASE("slugs are lower-case words with single hyphens, in any alphabet") {
    const auto accepts = [](const char* slug) {
        mids::Identifier row{{"visa", "primary", "1"}, slug, {}, {}, "", ""};
        return mids::check(row).has_value();
    };
    CHECK(accepts("bpl-trenette"));
    CHECK(accepts("a\xC4\x89"
                  "etado"));
    CHECK(accepts("7-eleven"));
    CHECK_FALSE(accepts(""));
    CHECK_FALSE(accepts("test_plan"));
    CHECK_FALSE(accepts("-a"));
    CHECK_FALSE(accepts("a-"));
    CHECK_FALSE(accepts("a--b"));
    CHECK_FALSE(accepts("Costa"));
}

TEST_CASE("an empty identifier file has nothing in it") {
    const auto file = parse_file("\n");
    REQUIRE(file);
    CHECK(file->rows == 0);
}
