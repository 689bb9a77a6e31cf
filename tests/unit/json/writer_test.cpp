// JSON as the program writes it.
#include "core/json/writer.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

using namespace harmonia;

TEST_CASE("json writer: commas come by themselves") {
    json::Writer out;
    out.open('{').key("a").open('[').number(1).string("x").null().boolean(false).close(']');
    out.key("b").open('{').close('}').key("c").raw("1.50").key("d").open('[').open('[').close(']');
    CHECK(out.open('{').close('}').close(']').close('}').take() ==
          R"({"a":[1,"x",null,false],"b":{},"c":1.50,"d":[[],{}]})");
}

TEST_CASE("json writer: members of all kinds") {
    const std::optional<std::string> none;
    json::Writer out;
    out.open('{').member("s", "text").member("v", std::string_view("x,")).member("t", true);
    out.member("n", none).member("o", std::optional<int>(7)).member("u", std::size_t{0});
    out.member("min", std::numeric_limits<std::int64_t>::min());
    out.member("max", std::numeric_limits<std::uint64_t>::max()).close('}');
    CHECK(out.take() == R"({"s":"text","v":"x,","t":true,"n":null,"o":7,"u":0,)"
                        R"("min":-9223372036854775808,"max":18446744073709551615})");
}

TEST_CASE("json writer: strings are quoted, bad UTF-8 is replaced in documents") {
    std::string out;
    json::append_string(out, "a\"b\\c\n\x01ж");
    CHECK(out == R"("a\"b\\c\u000a\u0001ж")");
    CHECK(json::dumped({{"a", "\xFF"}, {"b", 1}}) == "{\"a\":\"\xEF\xBF\xBD\",\"b\":1}");
}
