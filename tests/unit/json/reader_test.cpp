// What the reader takes, what it refuses and where.
#include "core/json/reader.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

using namespace harmonia;
using json::Document;
using json::Kind;
using json::Rules;
using json::Strings;
using json::Value;

namespace {

std::string plain(const Value& string) {
    std::string text;
    json::append_unescaped(text, string);
    return text;
}

/// The values, one after the other, without blanks; strings unescaped.
std::string shown(const Value& value) {
    std::string out;
    switch (value.kind()) {
    case Kind::object:
        for (const auto [name, member] : value.members())
            out += (out.empty() ? "" : ",") + plain(name) + "=" + shown(member);
        return "{" + out + "}";
    case Kind::array:
        for (const Value item : value.items())
            out += (out.empty() ? "" : ",") + shown(item);
        return "[" + out + "]";
    case Kind::string:
        return "<" + plain(value) + ">";
    default:
        return std::string(value.raw());
    }
}

/// What was read, or `!` and why not.
std::string read(std::string_view text, const Rules& rules = {}) {
    Document document;
    return document.read(text, rules) ? shown(document.root()) : "!" + document.fault().text();
}

} // namespace

TEST_CASE("json reader: values arrive as they were written") {
    CHECK(read(" {\"a\": [1, -2.50e+07,\ttrue,false , null],\n\"b\": {\"\": {}}, \"c\": []}\r") ==
          "{a=[1,-2.50e+07,true,false,null],b={={}},c=[]}");
    CHECK(read(R"("\"\\\/\b\f\n\r\t")") == "<\"\\/\b\f\n\r\t>");
    CHECK(read(R"("\u00e9\u0436\u20AC\ud83d\ude00x")") == "<é\u0436€😀x>");
    CHECK(read("12345678901234567890.123456789") == "12345678901234567890.123456789");
    CHECK(read(R"({"a":1,"a":2})") == "{a=1,a=2}");
    CHECK(read("-0") == "-0");
}

TEST_CASE("json reader: raw texts, kinds and containers without content") {
    Document document;
    REQUIRE(document.read(R"( {"o" : { "x": [ 1,2 ] }, "s": "a\n", "t": true} )", {}));
    const Value root = document.root();
    CHECK(root.raw() == R"({"o" : { "x": [ 1,2 ] }, "s": "a\n", "t": true})");
    auto at = root.members().begin();
    CHECK((*at).value.raw() == R"({ "x": [ 1,2 ] })");
    CHECK((*++at).value.raw() == R"(a\n)");
    CHECK((*at).value.escaped());
    CHECK((*++at).value.is_true());
    CHECK_FALSE((*at).name.escaped());
    CHECK(++at == root.members().end());
    CHECK(root.items().begin() == root.items().end());
}

TEST_CASE("json reader: what is not JSON is refused where it stops being JSON") {
    CHECK(read("") == "!expected a value at byte 1");
    CHECK(read("{\"a\":}") == "!expected a value at byte 6");
    CHECK(read("[1,]") == "!expected a value at byte 4");
    CHECK(read("[01]") == "!expected ',' or ']' at byte 3");
    CHECK(read("[1.]") == "!not a number at byte 4");
    CHECK(read("[-]") == "!not a number at byte 3");
    CHECK(read("[1e]") == "!not a number at byte 4");
    CHECK(read("[tru]") == "!expected a value at byte 2");
    CHECK(read("{,}") == "!expected a member name at byte 2");
    CHECK(read("{\"a\":1,}") == "!expected a member name at byte 8");
    CHECK(read("{\"a\" 1}") == "!expected ':' at byte 6");
    CHECK(read("{\"a\":1 \"b\":2}") == "!expected ',' or '}' at byte 8");
    CHECK(read("{\"a\":[1}") == "!expected ',' or ']' at byte 8");
    CHECK(read("{} {}") == "!trailing data after the value at byte 4");
    CHECK(read("\"a") == "!unterminated string at byte 3");
    CHECK(read("\"a\\") == "!unterminated string at byte 4");
    CHECK(read("\"\n\"") == "!control character in a string at byte 2");
    CHECK(read(R"("\x")") == "!unknown escape in a string at byte 3");
    CHECK(read(R"("\u12g4")") == "!\\u without four hexadecimal digits at byte 4");
    CHECK(read(R"("\u12)") == "!\\u without four hexadecimal digits at byte 4");
    CHECK(read(std::string("[\0]", 3)) == "!expected a value at byte 2");
}

TEST_CASE("json reader: strings that are not Unicode text or cannot be stored") {
    for (const char* text : {R"("\ud800")", R"("\udc00\ud800")", R"("\ud800x")", R"("\ud800\n")",
                             R"("\ud800\u0041")", R"({"\udc00":1})"}) {
        INFO(text);
        CHECK(read(text, {.strings = Strings::storable}).starts_with("!lone surrogate"));
        CHECK(read(text, {.strings = Strings::unicode}).starts_with("!lone surrogate"));
        Document document;
        CHECK(document.read(text, {}));
    }
    CHECK(read(R"("a\u0000")", {.strings = Strings::storable}).starts_with("!NUL character"));
    CHECK(read(R"("a\u0000")", {.strings = Strings::unicode}) == std::string("<a\0>", 4));
    Document document;
    REQUIRE(document.read(R"(["x", "\u0000\ud800", "\ud800\u0000", "\ud83d\ude00"])", {}));
    std::string flaws;
    for (const Value item : document.root().items())
        flaws += std::to_string(static_cast<int>(item.flaw()));
    CHECK(flaws == "0120");                              // the first one of each counts
    REQUIRE_FALSE(document.read(R"("\ud800\u12")", {})); // an escape of its own
}

TEST_CASE("json reader: limits of depth and numbers") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(read(nested(5), {.depth_max = 5}) == nested(5));
    CHECK(read(nested(6), {.depth_max = 5}) == "!nested too deep at byte 6");
    Document document;
    CHECK_FALSE(document.read(nested(6), {.depth_max = 5}));
    CHECK(document.fault().too_deep);
    CHECK_FALSE(document.read("[", {.depth_max = 5}));
    CHECK_FALSE(document.fault().too_deep);
    CHECK(document.read(nested(1'000'000), {})); // nesting costs no stack
    CHECK(read("12345", {.number_bytes_max = 5}) == "12345");
    CHECK(read("123456", {.number_bytes_max = 5}) == "!number too long at byte 7");
    CHECK(read("1e-99", {.exponent_digits_max = 2}) == "1e-99");
    CHECK(read("1e100", {.exponent_digits_max = 2}) == "!exponent out of range at byte 6");
}

TEST_CASE("json reader: a document reads one text after the other") {
    Document document;
    std::string large = "[0";
    for (int i = 1; i < 2000; ++i)
        large += "," + std::to_string(i);
    large += "]";
    REQUIRE(document.read(large, {}));
    std::size_t count = 0;
    for (const Value item : document.root().items())
        count += item.raw() == std::to_string(count) ? 1 : 0;
    CHECK(count == 2000);
    REQUIRE_FALSE(document.read("[1", {}));
    REQUIRE(document.read("{\"a\":1}", {}));
    CHECK(shown(document.root()) == "{a=1}");
}
