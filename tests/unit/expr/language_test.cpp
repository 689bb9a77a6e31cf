#include "core/expr/function.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/expr/language.hpp"

#include <string>

using namespace harmonia::expr;
using harmonia::expr::test::evaluate;
using harmonia::expr::test::Row;

TEST_CASE("operators bind as in arithmetic and logic") {
    CHECK(evaluate("1 + 2 * 3") == "7");
    CHECK(evaluate("(1 + 2) * 3") == "9");
    CHECK(evaluate("10 - 2 - 3") == "5");
    CHECK(evaluate("-2 * -3") == "6");
    CHECK(evaluate("- (1 + 2)") == "-3");
    CHECK(evaluate("1 < 2 and not 2 < 1") == "true");
    CHECK(evaluate("true or false and false") == "true");
    CHECK(evaluate("not true or true") == "true");
    CHECK(evaluate("5 between 1 and 5 and true") == "true");
    CHECK(evaluate("5 not between 1 and 4") == "true");
    CHECK(evaluate("'b' in ['a', 'b']") == "true");
    CHECK(evaluate("'c' not in ['a', 'b']") == "true");
    CHECK(evaluate("'abc' starts_with 'ab'") == "true");
    CHECK(evaluate("'abc' ends_with 'ab'") == "false");
    CHECK(evaluate("'abc' contains 'bc'") == "true");
    CHECK(evaluate("'abc' matches 'a.c'") == "true");
    CHECK(evaluate("'abcd' matches 'a.c'") == "false");
}

TEST_CASE("numbers are exact and compare by value") {
    CHECK(evaluate("0.1 + 0.2 == 0.3") == "true");
    CHECK(evaluate("1.10 == 1.1") == "true");
    CHECK(evaluate("2 == 2.0") == "true");
    CHECK(evaluate("1.5 * 2") == "3.0");
    CHECK(evaluate("9223372036854775807 + 1") == "amount_range: beyond 64 bits of minor units");
    CHECK(evaluate("number('12.30') + 1") == "13.30");
    CHECK(evaluate("integer('12.5')").substr(0, 9) == "bad_value");
    CHECK(evaluate("min(3, 1.5, 2)") == "1.5");
    CHECK(evaluate("max(3, 1.5, 2)") == "3");
    CHECK(evaluate("abs(-7)") == "7");
    CHECK(evaluate("negate(2.50)") == "-2.50");
}

TEST_CASE("unknown spreads as in SQL") {
    const Row row = {{"x", Value{}}, {"one", Value::of(std::int64_t{1})}};
    CHECK(evaluate("x == 1", row) == "null");
    CHECK(evaluate("x == x", row) == "null");
    CHECK(evaluate("x == 1 and false", row) == "false");
    CHECK(evaluate("x == 1 and true", row) == "null");
    CHECK(evaluate("x == 1 or true", row) == "true");
    CHECK(evaluate("x == 1 or false", row) == "null");
    CHECK(evaluate("not (x == 1)", row) == "null");
    CHECK(evaluate("one in [1, x]", row) == "true");
    CHECK(evaluate("one in [2, x]", row) == "null");
    CHECK(evaluate("one not in [2, x]", row) == "null");
    CHECK(evaluate("one between 2 and x", row) == "false");
    CHECK(evaluate("one between 0 and x", row) == "null");
    CHECK(evaluate("if(x == 1, 'yes', 'no')", row) == "no");
    CHECK(evaluate("coalesce(x, 'z')", row) == "z");
    CHECK(evaluate("is_null(x) and not is_null(one)", row) == "true");
    CHECK(evaluate("lower(x)", row) == "null");
}

TEST_CASE("and, or, if stop at what settles them") {
    CHECK(evaluate("false and integer('x') == 1") == "false");
    CHECK(evaluate("true or integer('x') == 1") == "true");
    CHECK(evaluate("if(true, 1, integer('x'))") == "1");
    CHECK(evaluate("if(false, integer('x'))") == "null");
    CHECK(evaluate("true and integer('x') == 1").substr(0, 9) == "bad_value");
}

TEST_CASE("durations add to instants") {
    const Row row = {{"at", Value::of_instant(1'603'810'919'000'000)}};
    CHECK(evaluate("at + 90s", row) == "2020-10-27T15:03:29.000000Z");
    CHECK(evaluate("(at + 2h) - at", row) == "7200s");
    CHECK(evaluate("(at + 1m) - at <= 60s", row) == "true");
    CHECK(evaluate("1d == 24h") == "true");
    CHECK(evaluate("at + 1", row) == "bad_value: values that do not add up");
    CHECK(evaluate("at < 5", row) == "bad_value: values of different types compared");
}

TEST_CASE("names may be dotted, quoted with back quotes, or begin with @") {
    const Row row = {{"a.b", Value::of_text("x")},
                     {"Store No_", Value::of_text("7")},
                     {"@raw", Value::of_text("r")}};
    CHECK(evaluate("concat(a.b, `Store No_`, @raw)", row) == "x7r");
}

TEST_CASE("mistakes are told with line and column") {
    CHECK(evaluate("1 +") == "bad_expression: 1:4: the expression ends too early");
    CHECK(evaluate("a = 1") == "bad_expression: 1:3: '=' is not an operator, write '=='");
    CHECK(evaluate("1 +\n  tirm('x')") ==
          "bad_expression: 2:3: unknown function 'tirm', did you mean 'trim'?");
    CHECK(evaluate("amuont > 1", {{"amount", {}}}) ==
          "bad_expression: 1:1: unknown name 'amuont', did you mean 'amount'?");
    CHECK(evaluate("trim('a', 'b')") == "bad_expression: 1:1: 2 arguments do not fit trim(text)");
    CHECK(evaluate("trim(1)") ==
          "bad_expression: 1:1: argument 1 of 'trim' cannot be of type integer");
    CHECK(evaluate("'a' in 'b'") == "bad_expression: 1:8: expected '['");
    CHECK(evaluate("1 / 2") == "bad_expression: 1:3: '/' is for fraud rules only");
    CHECK(evaluate("'a' not in names") ==
          "bad_expression: 1:9: lists by name are for fraud rules only");
    CHECK(evaluate("'abc") == "bad_expression: 1:1: missing '");
    CHECK(evaluate("'a\\q'") ==
          "bad_expression: 1:1: unknown escape in a text; there are \\\" \\' \\\\ \\n \\t");
    CHECK(evaluate("(1") == "bad_expression: 1:3: expected ')'");
    CHECK(evaluate("1 2") == "bad_expression: 1:3: unexpected ''");
    CHECK(evaluate("not") == "bad_expression: 1:4: the expression ends too early");
    CHECK(evaluate("x matches '('", {{"x", {}}}).substr(0, 28) == "bad_expression: 1:3: pattern");
    CHECK(evaluate("x matches x", {{"x", {}}}) ==
          "bad_expression: 1:3: argument 2 of 'matches' must be written out, not computed");
    CHECK(evaluate("12parsecs") == "bad_expression: 1:1: not a number or duration: '12parsecs'");
    CHECK(evaluate("99999999999999999999") == "bad_expression: 1:1: number out of range");
    CHECK(evaluate("a ? b") == "bad_expression: 1:3: unexpected '?'");
}

TEST_CASE("depth and size are bounded, in text and in trees built by hand") {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '(') + "1" +
               std::string(static_cast<std::size_t>(depth), ')');
    };
    CHECK(evaluate(nested(60)) == "1");
    CHECK(evaluate(nested(100)).find("nested more than 64 deep") != std::string::npos);
    std::string sum = "1";
    std::string conjunction = "true";
    std::string minus;
    for (int i = 0; i < 5000; ++i) {
        sum += " + 1";
        conjunction += " and true";
        minus += "- ";
    }
    CHECK(evaluate(sum).find("nested more than 64 deep") != std::string::npos);
    CHECK(evaluate(minus + "1").find("nested more than 64 deep") != std::string::npos);
    CHECK(evaluate(conjunction).find("5001 arguments do not fit") != std::string::npos);
    std::string list = "1 in [0";
    for (int i = 0; i < 11000; ++i)
        list += ",0";
    CHECK(evaluate(list + "]").find("more than 10,000 parts") != std::string::npos);
    CHECK(evaluate(std::string(70'000, ' ') + "1").find("65,536") != std::string::npos);

    Node tree = literal_text("x");
    for (int i = 0; i < 200; ++i) {
        std::vector<Node> children;
        children.push_back(std::move(tree));
        tree = call("trim", std::move(children));
    }
    CHECK(evaluate(tree, {}).find("nested more than 64 deep") != std::string::npos);
}

TEST_CASE("the registry is sound") {
    for (const Function& function : functions()) {
        INFO(function.name);
        const Parameters parameters(function.parameters);
        CHECK(find_function(function.name) == &function);
        CHECK((function.apply == nullptr) != (function.apply_lazily == nullptr));
        CHECK(std::string(function.signature).rfind(std::string(function.name) + "(", 0) == 0);
        CHECK(parameters.least <= parameters.letters.size());
        for (const char letter : parameters.letters)
            CHECK(types_of(letter) != 0);
    }
    CHECK(find_function("nothing") == nullptr);
}
