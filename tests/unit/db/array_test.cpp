#include "core/base/error.hpp"
#include "core/db/param.hpp"
#include "tests/support/catch.hpp"

#include <array>

using namespace harmonia;
using namespace harmonia::db;

namespace {

std::vector<std::string> elements(std::string_view text) {
    std::vector<std::string> out;
    for (ArrayReader reader(text); reader.next();)
        out.push_back(reader.is_null() ? "NULL" : "<" + std::string(reader.text()) + ">");
    return out;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("an array is built in PostgreSQL's text form and its memory is reused") {
    ArrayText array;
    CHECK(array.view() == "{}");
    CHECK(array.empty());
    array.add(1);
    array.add(std::int64_t{-9'000'000'000});
    array.add(std::uint8_t{7});
    CHECK(array.view() == "{1,-9000000000,7}");
    CHECK(array.bytes() == 17);
    array.clear();
    array.add(true);
    array.add(false);
    array.add_null();
    array.add(std::optional<int>());
    array.add(std::optional<int>(3));
    CHECK(array.view() == "{t,f,NULL,NULL,3}");
    array.clear();
    array.add("a,b");
    array.add(std::string("quote \" and \\"));
    array.add(std::string_view(""));
    CHECK(array.view() == R"({"a,b","quote \" and \\",""})");
    array.clear();
    array.add(0.1);
    array.add(0.1F);
    array.add(Instant{1'000'001});
    array.add(Date{-1});
    CHECK(array.view() == "{0.1,0.1,1970-01-01T00:00:01.000001Z,1969-12-31}");
    array.clear();
    array.add_bytes(std::string_view("\x00\xff", 2));
    CHECK(array.view() == R"({"\\x00ff"})");
}

TEST_CASE("an array is read element by element") {
    CHECK(elements("{}").empty());
    CHECK(elements("{1}") == Texts{"<1>"});
    CHECK(elements("{a,b c,NULL,\"NULL\",\"\"}") == Texts{"<a>", "<b c>", "NULL", "<NULL>", "<>"});
    CHECK(elements(R"({"a,b","q\"x\\","{}"})") == Texts{"<a,b>", "<q\"x\\>", "<{}>"});
    CHECK(integers_from("{1,-2,3}") == std::vector<std::int64_t>{1, -2, 3});
    CHECK(texts_from("{a,\"b\"}") == Texts{"a", "b"});
}

TEST_CASE("texts that are not an array of one dimension are refused") {
    for (const char* text : {"", "{", "}", "1", "{a", "a}", "{{1},{2}}", "{a,}", "{,a}", "{\"a}",
                             "{\"a\"b}", "{a\"b\"}", "{a}b}", "{\"a\\}"}) {
        INFO(text);
        CHECK_THROWS_AS(elements(text), Error);
    }
    CHECK_THROWS_AS(integers_from("{1,x}"), Error);
    CHECK_THROWS_AS(integers_from("{1,NULL}"), Error);
    CHECK_THROWS_AS(texts_from("{a,NULL}"), Error);
}

TEST_CASE("what was built is read again") {
    const Texts wanted{"", "plain", "a,b", "\"", "\\", "{x}", "NULL", "tab\tnewline\n"};
    ArrayText array;
    for (const std::string& text : wanted)
        array.add(text);
    CHECK(texts_from(array.view()) == wanted);
}

TEST_CASE("instants and dates: PostgreSQL's text, microseconds and days since 1970") {
    CHECK(instant_from("1970-01-01 00:00:00+00").us == 0);
    CHECK(instant_from("2026-11-21 04:47:49.207247+00").us == 1'795'236'469'207'247);
    CHECK(instant_from("2026-11-21 04:47:49.2+00").us == 1'795'236'469'200'000);
    CHECK(instant_from("1969-12-31 23:59:59.999999+00").us == -1);
    CHECK(date_from("2026-11-21").days == 20'778);
    CHECK(ValueText(instant_from("2026-11-21 04:47:49.207247+00")).view() ==
          "2026-11-21T04:47:49.207247Z");
    CHECK(ValueText(date_from("2026-11-21")).view() == "2026-11-21");
    CHECK(Instant{1} < Instant{2});
    for (const char* text :
         {"", "infinity", "2026-11-21", "2026-11-21 04:47:49", "2026-11-21 04:47:49+01",
          "2026-11-21T04:47:49+00", "2026-11-21 04:47:49.+00", "2026-11-21 04:47:49.1234567+00",
          "2026-02-30 00:00:00+00", "0044-03-15 00:00:00+00 BC", "12026-11-21 04:47:49+00"}) {
        INFO(text);
        CHECK_THROWS_AS(instant_from(text), Error);
    }
    for (const char* text : {"", "infinity", "2026-02-30", "2026-1-1", "2026-11-21 BC"}) {
        INFO(text);
        CHECK_THROWS_AS(date_from(text), Error);
    }
}

TEST_CASE("parameters are PostgreSQL's texts") {
    CHECK(Param(5).text == "5");
    CHECK(Param(5UL).text == "5");
    CHECK(Param(true).text == "t");
    CHECK(Param("x").text == "x");
    CHECK(Param(0.5).text == "0.5");
    CHECK(Param(Instant{0}).text == "1970-01-01T00:00:00.000000Z");
    CHECK(Param(std::optional<Instant>()).text == std::nullopt);
    CHECK(Param(std::optional<std::int64_t>(7)).text == "7");
    CHECK(Param(std::vector<std::int64_t>{1, 2}).text == "{1,2}");
    CHECK(Param(std::vector<std::string>{"a"}).text == "{\"a\"}");
    CHECK(Param(std::vector<int>()).text == "{}");
}
