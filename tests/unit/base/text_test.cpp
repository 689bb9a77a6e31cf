// String helpers.
#include "core/base/text.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;

TEST_CASE("trim takes blanks and line ends from both ends only") {
    CHECK(trim(" \ta b\r\n") == "a b");
    CHECK(trim("   ").empty());
}

TEST_CASE("split keeps empty parts") {
    CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
}

TEST_CASE("parse_int takes whole decimal texts only") {
    CHECK(parse_int("-42") == -42);
    CHECK(parse_int("+7") == 7);
    CHECK(parse_int("0009") == 9);
    for (const char* bad : {"", "+", "1 ", " 1", "1.0", "0x1", "9223372036854775808"})
        CHECK_FALSE(parse_int(bad).has_value());
}

TEST_CASE("percent_decoded takes two hex digits of either case, and nothing less") {
    CHECK(percent_decoded("a%2Fb%2f%00") == std::string("a/b/\0", 5));
    for (const char* bad : {"%", "%4", "%4g", "%-1", "a%+1b", "%%41"})
        CHECK(percent_decoded(bad) == std::nullopt);
}

TEST_CASE("find_bad_utf8 accepts RFC 3629 and nothing else") {
    using namespace std::string_literals;
    for (const std::string& good : {"plain"s, "aĉetado £ €"s, "\xF0\x9F\x92\xB3"s, ""s})
        CHECK(find_bad_utf8(good) == std::string::npos);
    struct Case {
        std::string text;
        std::size_t at;
    };
    for (const auto& [text, at] :
         {Case{"12345678\xFFx", 8}, Case{"\xC0\x80", 0}, Case{"a\xED\xA0\x80", 1},
          Case{"\xF5\x80\x80\x80", 0}, Case{"abc\xE2\x82", 3},
          Case{std::string("abcdefg\0h", 9), 7}, Case{"\xE0\x9F\xBF", 0}})
        CHECK(find_bad_utf8(text) == at);
}

TEST_CASE("find_bad_utf8 sees a bad byte at every position of a word") {
    for (std::size_t at = 0; at < 24; ++at) {
        std::string text(24, 'a');
        text[at] = '\x80';
        CHECK(find_bad_utf8(text) == at);
        text[at] = '\0';
        CHECK(find_bad_utf8(text) == at);
    }
}

TEST_CASE("printable escapes what a terminal or a text column cannot show") {
    CHECK(printable("a\tb\xFF") == "a\\x09b\\xFF");
    CHECK(printable("£") == "£");
    CHECK(printable(std::string(500, 'x'), 10) == "xxxxxxxxxx...");
}

TEST_CASE("mask_digits hides card numbers and leaves shorter and longer runs") {
    CHECK(mask_digits("card 4111111111111111 ok") == "card ************1111 ok");
    CHECK(mask_digits("12345678901") == "12345678901");
    CHECK(mask_digits("12345678901234567890") == "12345678901234567890");
    CHECK(mask_digits("4111 1111-1111 1111") == "**** ****-**** 1111");
    CHECK(mask_digits("1234 5678 8765 4321,x") == "**** **** **** 4321,x");
    CHECK(mask_digits("on 2026-11-21 1015 for 12") == "on 2026-11-21 1015 for 12");
}

TEST_CASE("nearest suggests only what is near") {
    const std::vector<std::string> names{"import", "match", "export"};
    CHECK(nearest("imprt", names) == "import");
    CHECK(nearest("MATCH", names) == "match");
    CHECK_FALSE(nearest("zebra", names).has_value());
}

TEST_CASE("durations and sizes need a unit") {
    CHECK(parse_duration_ms("90s") == 90'000);
    CHECK(parse_duration_ms("60d") == 5'184'000'000);
    CHECK(parse_size_bytes("64MiB") == 67'108'864);
    for (const char* bad : {"90", "s", "1.5h", "-1s", "9223372036854775807d", "1 h"})
        CHECK_FALSE(parse_duration_ms(bad).has_value());
    CHECK_FALSE(parse_size_bytes("64MB").has_value());
}
