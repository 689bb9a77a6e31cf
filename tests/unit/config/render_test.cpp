#include "core/config/config.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using config::parse;
using config::render;

TEST_CASE("what is rendered reads back as the same tree") {
    const auto text =
        GENERATE(as<std::string>{}, "a: 1\n", "a: {}\nb: []\n", "[[1, 2], [{a: b}]]\n",
                 "'~': '~'\n'null': null\n'': ''\n", "a: \"x\\ny\\t\\x01\"\n",
                 "a: '- b'\n'c: d': '#e'\nf: 'g #h'\ni: 'j: k'\nl: -1\nm: 'n:'\n",
                 "a: '[x'\nb: 'x, y'\nc: '\\d'\nd: \"'\"\ne: '\"'\nf: 'é'\ng: '---'\n");
    const std::string once = render(parse(text, "f"), false);
    INFO(once);
    CHECK(render(parse(once, "g"), false) == once);
    CHECK(render(parse(render(parse(text, "f"), true), "g"), false) == once);
}

TEST_CASE("origins stand beside what they brought") {
    CHECK(render(parse("a: 1\nb: [x]\n", "f"), true) == "a: 1  # f:1:4\nb:\n  - x  # f:2:5\n");
}

TEST_CASE("as JSON, with the same secrets hidden") {
    CHECK(config::render_json(
              parse("a: {password: x, b: [1, null]}\nc: \"q\\\"\\\\\\t\"\nd: {}\n", "f")) ==
          R"({"a": {"password": "***", "b": ["1", null]}, "c": "q\"\\\u0009", "d": {}})");
}
