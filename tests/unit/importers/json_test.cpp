#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/importers/reading.hpp"

using namespace harmonia;
using test::fields_of;
using test::parse_one;

namespace {
const std::string k_json = "format: {kind: json}";
} // namespace

TEST_CASE("json: paths through objects, numbers exactly as written") {
    CHECK(
        parse_one(
            k_json, {"a.b", "n", "t", "z"},
            R"({"a": {"x": [1, {}], "b": "B"}, "n": 12345678901234567890.10, "t": true, "z": null})") ==
        "B|12345678901234567890.10|true|~");
    CHECK(parse_one(k_json, {"a.b", "c"}, R"({"a": 5, "c": "\u00e9\ud83d\ude00\n\"\/"})") ==
          "~|\xC3\xA9\xF0\x9F\x98\x80\n\"/");
    CHECK(parse_one(k_json, {"\"odd.name\".x"}, R"({"odd.name": {"x": 1}})") == "1");
    CHECK(parse_one("format: {kind: json}\nfields: {amount: value.amount}", {"amount"},
                    R"({"value": {"amount": 1e2}})") == "1e2");
}

TEST_CASE("json: an object or list asked for as a whole arrives as its text") {
    CHECK(parse_one(k_json, {"m", "m.a", "l"}, R"({"m": {"a": 1, "b" : [2]}, "l": [ 1,2 ]})") ==
          R"({"a": 1, "b" : [2]}|1|[ 1,2 ])");
}

TEST_CASE("M-24 tagged values arrive as what they tag") {
    CHECK(
        parse_one(k_json, {"d"},
                  R"({"d": {"__type__": "datetime", "__value__": "2023-04-18T11:14:34+01:00"}})") ==
        "2023-04-18T11:14:34+01:00");
    CHECK(parse_one(k_json, {"d"}, R"({"d": "2023-04-18T11:14:34+01:00"})") ==
          "2023-04-18T11:14:34+01:00");
    CHECK(parse_one(k_json, {"d"}, R"({"d": {"__value__": 12.50, "__type__": "decimal"}})") ==
          "12.50");
    CHECK(parse_one(k_json, {"d"}, R"({"d": {"__type__": "x", "other": 1}})") ==
          R"({"__type__": "x", "other": 1})");
}

TEST_CASE("json: lists of pairs, the first pair with the wanted name wins") {
    const std::vector<std::string> used{"L[Key=\"T.Id\"].Value", "L[Key=\"T.Amount\"].Value",
                                        "L[Key=\"none\"].Value", "Id"};
    CHECK(parse_one(
              k_json, used,
              R"({"Id": 7, "L": [{"Key": "T.Id", "Value": "1"}, {"Value": 2.50, "Key": "T.Amount"},
                        {"Key": "T.Id", "Value": "later"}, 5, {"Key": 3},
                        {"x": {"Key": "none"}}]})") == "1|2.50|~|7");
    CHECK(parse_one(k_json, used, R"({"L": {"Key": "T.Id", "Value": "1"}})") == "~|~|~|~");
    CHECK(parse_one(k_json, used, R"({"L": [{"Key": "T.Id", "Key": "T.Amount", "Value": "1"}]})") ==
          "!duplicate_key");
    CHECK(parse_one(k_json, used, R"({"L": [{"Key": "T.Id", "Value": "1", "Value": 2}]})") ==
          "!duplicate_key");
}

TEST_CASE("json: a used member that is there twice refuses the record") {
    CHECK(parse_one(k_json, {"a"}, R"({"a": 1, "a": 2})") == "!duplicate_key");
    CHECK(parse_one(k_json, {"a.x", "a.y"}, R"({"a": {"x": 1}, "a": {"y": 2}})") ==
          "!duplicate_key");
    CHECK(parse_one(k_json, {"b"}, R"({"a": 1, "a": 2, "b": 3})") == "3");
}

TEST_CASE("json: what is not strictly JSON is refused, used or not") {
    for (const char* text : {"",
                             "[]",
                             "5",
                             "{",
                             "{}x",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{,}",
                             "{\"a\":01}",
                             "{\"a\":1.}",
                             "{\"a\":+1}",
                             "{\"a\":.5}",
                             "{\"a\":tru}",
                             "{\"a\":\"\n\"}",
                             "{\"a\":\"\\x\"}",
                             "{'a':1}",
                             "{\"a\":\"\\u0000\"}",
                             "{\"a\":\"\\ud800\"}",
                             "{\"a\":\"\\udc00\"}",
                             "{\"a\":1e99999}",
                             "{\"b\":[1,]}",
                             "{\"b\":[,1]}",
                             "{\"b\":[1 2]}",
                             "{\"b\":{\"c\":\"\\u12\"}}",
                             "{\"a\":NaN}"}) {
        INFO(text);
        CHECK(parse_one(k_json, {"a"}, text) == "!bad_json");
    }
    CHECK(parse_one(k_json, {"a"}, "{\"a\":\"\xFF\"}") == "!bad_encoding");
    CHECK(parse_one(k_json, {"a"}, std::string("{\"a\":\"\0\"}", 9)) == "!bad_json");
    const std::string deep = "{\"b\":" + std::string(70, '[') + std::string(70, ']') + "}";
    CHECK(parse_one(k_json, {"a"}, deep) == "!bad_json");
    CHECK(parse_one(k_json, {"a"}, "{\"b\":" + std::string(63, '[') + std::string(63, ']') + "}") ==
          "~");
}

TEST_CASE("json: one body a line") {
    CHECK(fields_of(k_json, {"a"}, "{\"a\":1}\n\n  \n{\"a\":2}\r\nbad\n{\"a\":3}") ==
          "1;2;!bad_json;3");
    const auto read =
        test::read_all(*test::format_of(k_json, {"a"}), "\xEF\xBB\xBF{\"a\":1}\n\n{\"a\":2}", 1);
    REQUIRE(read.records.size() == 2);
    CHECK(read.records[0].offset == 3);
    CHECK(read.records[1].line == 3);
}

TEST_CASE("json: records are the items of a list in one document") {
    const std::string yaml = "format: {kind: json, path: data.items}";
    const std::string text =
        "{\"x\": [1, \"]\"], \"data\": {\"n\": {\"items\": 5},\n \"items\": [\n"
        "  {\"a\": \"]}\\\"\"},\n  {\"a\": 1.50} , 7]}, \"after\": {\"q\": []}}\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
        const auto read = test::read_all(*test::format_of(yaml, {"a"}), text, piece);
        REQUIRE(read.records.size() == 3);
        CHECK(read.records[0].fields == "]}\"");
        CHECK(read.records[0].line == 3);
        CHECK(read.records[1].fields == "1.50");
        CHECK(read.records[1].line == 4);
        CHECK(text.substr(read.records[1].offset, 10) == "{\"a\": 1.50");
        CHECK(read.records[1].next - read.records[1].offset == 11);
        CHECK(read.records[2].code == "bad_json");
        CHECK(read.totals.records == 3);
    }
    CHECK(fields_of("format: {kind: json, path: .}", {"a"}, "[{\"a\":1},{\"a\":2}]") == "1;2");
    CHECK(fields_of("format: {kind: json, path: l}", {"a"}, "{\"l\":[ ]}").empty());
}

TEST_CASE("json: a document that is not what was declared is refused as a whole") {
    const std::string yaml = "format: {kind: json, path: l}";
    for (const char* text :
         {"", "[]", "{}", "{\"m\":[]}", "{\"l\":5}", "{\"l\":[{\"a\":1}", "{\"l\":[{\"a\":1}]",
          "{\"l\":[{\"a\":1}]} x", "{\"l\":[{\"a\":1}],\"l\":[]}", "{\"l\":[{\"a\":1},]}",
          "{\"l\":[,{}]}", "{\"l\":[{\"a\":[}]}]}", "{\"l\":[{\"a\":1} {\"a\":2}]}",
          "{\"l\":[{\"a\":\"1}]}", "{l:[]}"}) {
        INFO(text);
        try {
            (void)fields_of(yaml, {"a"}, text);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.exit() == Exit::data);
        }
    }
}

TEST_CASE("json: an item longer than the limit is refused, siblings of the list are not limited") {
    const std::string yaml = "format: {kind: json, path: l, record_bytes_max: 1KiB}";
    const std::string big(500'000, 'x');
    CHECK(fields_of(yaml, {"a"},
                    "{\"s\":\"" + big + "\",\"l\":[{\"a\":\"" + big + "\"},{\"a\":2}]}") ==
          "!record_too_long;2");
}

TEST_CASE("json: mistakes in a declaration are configuration errors") {
    const auto refused = [](const std::string& yaml, const std::string& used) {
        try {
            (void)test::format_of(yaml, {used});
        } catch (const Error& error) {
            return error.exit() == Exit::config;
        }
        return false;
    };
    CHECK(refused(k_json, "a..b"));
    CHECK(refused(k_json, "a[b]"));
    CHECK(refused(k_json, "a[b=c]"));
    CHECK(refused(k_json, "a[b=\"c\""));
    CHECK(refused(k_json, "a]"));
    CHECK(refused(k_json, ""));
    CHECK(refused("format: {kind: json, lines: true, path: x}", "a"));
    CHECK(refused("format: {kind: json, lines: false}", "a"));
    CHECK(refused("format: {kind: json, path: a..b}", "a"));
    CHECK_FALSE(refused(k_json, "a[b=\"c\"].d.e"));
}
