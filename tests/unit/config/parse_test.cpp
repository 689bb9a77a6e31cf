#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/support.hpp"

using namespace harmonia;
using config::parse;
using Kind = config::Value::Kind;
using test::refusal;

TEST_CASE("yaml becomes a tree with kinds, places and paths") {
    const auto root = parse("a: 1\nb:\n  - x\n  - {c: 'null'}\nd: ~\ne:\n", "f.yaml");
    REQUIRE(root.kind() == Kind::map);
    CHECK(root.find("a")->as_integer() == 1);
    CHECK_FALSE(root.find("a")->quoted());
    const auto& items = root.find("b")->list();
    CHECK(items[0].as_text() == "x");
    CHECK(items[0].origin().text() == "f.yaml:3:5");
    const auto* quoted = items[1].find("c");
    CHECK(quoted->kind() == Kind::scalar);
    CHECK(quoted->as_text() == "null");
    CHECK(quoted->quoted());
    CHECK(quoted->path() == "b[1].c");
    CHECK(root.find("d")->kind() == Kind::null);
    CHECK(root.find("e")->kind() == Kind::null);
    CHECK(root.find("z") == nullptr);
}

TEST_CASE("an empty file is nothing, a byte order mark is no text") {
    CHECK(parse("", "f").kind() == Kind::null);
    CHECK(parse("# only words\n", "f").kind() == Kind::null);
    CHECK(parse("\xEF\xBB\xBF"
                "a: 1\n",
                "f")
              .find("a")
              ->as_integer() == 1);
}

TEST_CASE("a key given twice is refused with both places") {
    const auto error =
        refusal([] { static_cast<void>(parse("b:\n  a: 1\n  c: 2\n  a: 3\n", "f")); });
    CHECK(error.what == "f:4:3: 'a' is given twice");
    CHECK(error.hint == "It was first given at f:2:3.");
    CHECK(error.exit == Exit::config);
}

TEST_CASE("what the strict walker refuses, it refuses at its place") {
    const auto says = [](const char* yaml) {
        return refusal([&] { static_cast<void>(parse(yaml, "f")); }).what;
    };
    CHECK(says("a: &x 1\n") == "f:1:4: anchors and aliases are not supported");
    CHECK(says("a: &x {}\n") == "f:1:4: anchors and aliases are not supported");
    CHECK(says("<<: {a: 1}\n") == "f:1:1: merge keys are not supported");
    CHECK(says("a: !!int 5\n") == "f:1:4: tags are not supported");
    CHECK(says("a: !x {}\n") == "f:1:4: tags are not supported");
    CHECK(says("? [1]\n: 2\n") == "f:1:3: a key must be a plain string");
    CHECK(says("~: 2\n") == "f:1:1: a key is empty");
    CHECK(says("a: 1\n---\nb: 2\n") == "f:2:1: a second document begins here");
    CHECK(says("a:\n\tb: 1\n") == "f:2:1: a tab indents this line");
    CHECK(says("a:\n  \tb: 1\n") == "f:2:3: a tab indents this line");
    CHECK(says("a: 1\nb: \xFF\n") == "f:2:4: not UTF-8 text");
    CHECK_THAT(says("a: [1, 2\n"), Catch::StartsWith("f:2:1: malformed YAML: "));
    CHECK_THAT(says("a: *x\n"), Catch::StartsWith("f:1:4: malformed YAML: "));
    CHECK_THAT(says("a: 1\n  b: 2\n"), Catch::StartsWith("f:2:4: malformed YAML: "));
    CHECK_THAT(says("a: \"x"), Catch::StartsWith("f:1:6: malformed YAML: "));
    CHECK(says("a: \"x\nb: 1\n") == "f:1:4: this quote is never closed");
    CHECK(says("é: ''\nb: 'x ''\n") == "f:2:4: this quote is never closed");
    CHECK(says("a: \"x\\\"\n") == "f:1:4: this quote is never closed");
}

TEST_CASE("size and depth have limits") {
    const auto says = [](const std::string& yaml) {
        return refusal([&] { static_cast<void>(parse(yaml, "f")); }).what;
    };
    CHECK(says(std::string(5'000'000, '#')) == "f: larger than 4194304 bytes");
    CHECK(parse(std::string(50, '[') + std::string(50, ']'), "f").kind() == Kind::list);
    CHECK(says(std::string(51, '[') + std::string(51, ']')) ==
          "f:1:51: nested deeper than 50 levels");
    CHECK_THAT(says(std::string(100'000, '[')), Catch::StartsWith("f:1:"));
    CHECK_THAT(says(std::string(100'000, '{')), Catch::StartsWith("f:1:"));
}

TEST_CASE("quotes may hold quotes and lines") {
    const auto root = parse("\xEF\xBB\xBFé: 'it''s'\r\nb: \"x\\\"\n  y\"\nc: ''\n", "f");
    CHECK(root.find("é")->as_text() == "it's");
    CHECK(root.find("b")->as_text() == "x\" y");
    CHECK(root.find("c")->as_text().empty());
}

TEST_CASE("a merge key in quotes is an ordinary key") {
    CHECK(parse("'<<': 1\n", "f").find("<<")->as_integer() == 1);
}
