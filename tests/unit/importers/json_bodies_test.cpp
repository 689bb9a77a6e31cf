// Bodies as somebody put them into a file.
#include "tests/support/catch.hpp"
#include "tests/unit/importers/reading.hpp"

using namespace harmonia::test;

namespace {

std::string bodies(std::string_view text, std::size_t piece, const char* more = "") {
    const auto format =
        format_of(std::string("format: {kind: json, bodies: true") + more + "}", {"a", "b.c"});
    std::string out;
    for (const Shown& one : read_all(*format, text, piece).records)
        out += (out.empty() ? "" : ";") + (one.code.empty() ? one.fields : "!" + one.code);
    return out;
}

} // namespace

TEST_CASE("json bodies: one a line, over several lines, in a list, whatever the pieces") {
    const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{65536});
    CAPTURE(piece);
    const std::string lines = "{\"a\":1,\"b\":{\"c\":\"x\"}}\n\n{\"a\":2}\r\n{\"a\":3}";
    CHECK(bodies(lines, piece) == "1|x;2|~;3|~");
    CHECK(bodies("\xEF\xBB\xBF{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"}]\\\"{\"\n  }\n}\n{\n  "
                 "\"a\": 2\n}\n",
                 piece) == "1|}]\"{;2|~");
    CHECK(bodies("[{\"a\":1},{\"a\":2}]", piece) == "1|~;2|~");
    CHECK(bodies("[\n  {\n    \"a\": 1\n  },\n  {\"a\": [1, {\"x\": 2}]}\n]\n", piece) ==
          "1|~;[1, {\"x\": 2}]|~");
    CHECK(bodies("[{\"a\":1}]\n[{\"a\":2}]\n{\"a\":3}\n[]\n", piece) == "1|~;2|~;3|~");
    CHECK(bodies(" \n", piece).empty());
}

TEST_CASE("json bodies: a broken one does not take the others with it") {
    const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{65536});
    CAPTURE(piece);
    CHECK(bodies("{\"a\":1\n{\"a\":2}\n{\"a\":\"3\n{\"a\":4}\n{\"a\":5", piece) ==
          "!bad_json;2|~;!bad_json;4|~;!bad_json");
    CHECK(bodies("null\n7\n\"x\"\n{\"a\":1}}\n{\"a\":2}\n", piece) ==
          "!bad_json;!bad_json;!bad_json;1|~;!bad_json;2|~");
    CHECK(bodies("[1,{\"a\":1},null]\n{\"a\":2}", piece) == "!bad_json;1|~;!bad_json;2|~");
    CHECK(bodies("{\"a\":\"" + std::string(1200, 'x') + "\"}\n{\"a\":2}\n", piece,
                 ", record_bytes_max: 1KiB") == "!record_too_long;2|~");
}

TEST_CASE("json bodies know their places") {
    const auto format = format_of("format: {kind: json, bodies: true}", {"a"});
    const auto read = read_all(*format, "[\n{\"a\":\n1},\n\n {\"a\":2} ]\n");
    REQUIRE(read.records.size() == 2);
    CHECK(read.records[0].offset == 2);
    CHECK(read.records[0].line == 2);
    CHECK(read.records[0].raw == "{\"a\":\n1}");
    CHECK(read.records[1].line == 5);
    CHECK(read.records[1].number == 2);
    CHECK(read.records[1].next == read.records[1].offset + 7);
}
