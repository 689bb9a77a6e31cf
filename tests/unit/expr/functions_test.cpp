#include "core/expr/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/expr/language.hpp"

#include <string>

using namespace harmonia::expr;
using harmonia::expr::test::evaluate;
using harmonia::expr::test::Row;

TEST_CASE("texts are cut by characters, never inside one") {
    CHECK(evaluate("left('aĉetado', 2)") == "aĉ");
    CHECK(evaluate("right('123456******7890', 4)") == "7890");
    CHECK(evaluate("right('ĉe', 5)") == "ĉe");
    CHECK(evaluate("slice('aĉetado', 1, 2)") == "ĉe");
    CHECK(evaluate("slice('abc', 7, 2)").empty());
    CHECK(evaluate("length('aĉe')") == "3");
    CHECK(evaluate("left('abc', -1)").empty());
    CHECK(evaluate("split_at('123456XXXXX7890', 'XXXXX', 1)") == "123456");
    CHECK(evaluate("split_at('123456XXXXX7890', 'XXXXX', 2)") == "7890");
    CHECK(evaluate("split_at('123456XXXXX7890', 'XXXXX', 3)") == "null");
    CHECK(evaluate("split_at('12.34 gbp', ' ', 2)") == "gbp");
    CHECK(evaluate("trim(' a ')") == "a");
    CHECK(evaluate("upper('ab')") == "AB");
    CHECK(evaluate("strip_prefix('0012', '00')") == "12");
    CHECK(evaluate("strip_prefix('12', '00')") == "12");
    CHECK(evaluate("replace('2022-10-14', '-', '')") == "20221014");
    CHECK(evaluate("join('_', 'a', 1, 2.50, true)") == "a_1_2.50_true");
    CHECK(evaluate("concat('a', null)") == "null");
    CHECK(evaluate("text(null)").empty());
    CHECK(evaluate("first_nonblank(' ', null, 'x')") == "x");
    CHECK(evaluate("first_nonblank(' ', null)") == "null");
    CHECK(evaluate("any_blank('a', ' ')") == "true");
    CHECK(evaluate("regex_group('store 0042 x', '([0-9]+)')") == "0042");
    CHECK(evaluate("regex_group('store', '([0-9]+)')") == "null");
    CHECK(evaluate("regex_group('a1', '([a-z])([0-9])', 2)") == "1");
    CHECK(evaluate("regex_group('a1', 'a', 1)") ==
          "bad_expression: 1:1: the pattern has no group 1");
}

TEST_CASE("maps look up exactly, in any case, by part, by start") {
    CHECK(evaluate("case('b', 'a', 1, 'b', 2)") == "2");
    CHECK(evaluate("case('c', 'a', 1, 'b', 2)") == "null");
    CHECK(evaluate("case('c', 'a', 1, 'b', 2, 'other')") == "other");
    CHECK(evaluate("case(null, 'a', 1, 'other')") == "other");
    CHECK(evaluate("case('VISA', 'visa', 1)") == "null");
    CHECK(evaluate("case_any('VISA debit', 'Visa Debit', 'visa')") == "visa");
    CHECK(evaluate("case_contains('EDC/Maestro', 'visa', 'visa', 'MAESTRO', 'mastercard')") ==
          "mastercard");
    CHECK(evaluate("case_first('412345', '2', 'mastercard', '4', 'visa')") == "visa");
    CHECK(evaluate("case('a', 'a', 1, 'a', 2)") == "bad_expression: 1:1: key 'a' twice");
}

TEST_CASE("amounts become minor units with an explicit scale and rounding") {
    CHECK(evaluate("minor_units('12.22', 'GBP')") == "1222");
    CHECK(evaluate("minor_units('12.345', 'GBP')").substr(0, 16) == "amount_precision");
    CHECK(evaluate("minor_units('12.345', 'GBP', 'truncate')") == "1234");
    CHECK(evaluate("minor_units('-00000011199', 0)") == "-11199");
    CHECK(evaluate("minor_units('1', 'XXX')").substr(0, 12) == "bad_currency");
    CHECK(evaluate("minor_units('1', 'GBP', 'up')").substr(0, 9) == "bad_value");
    CHECK(evaluate("minor_units('1', 99)").substr(0, 9) == "bad_value");
    CHECK(evaluate("minor_units('x', 'GBP')") == "bad_amount: not a number: 'x'");
    CHECK(evaluate("major_text(1210, 'GBP')") == "12.1");
    CHECK(evaluate("major_text(1210, 'GBP', 'padded')") == "12.10");
}

TEST_CASE("dates read by the first format that fits") {
    CHECK(evaluate("datetime('2022-07-01T12:00:00', 'Europe/London')") ==
          "2022-07-01T11:00:00.000000Z");
    CHECK(evaluate("datetime('27/10/2020', 'UTC', 'iso', 'DD/MM/YYYY')") ==
          "2020-10-27T00:00:00.000000Z");
    CHECK(evaluate("datetime('x', 'UTC')") == "bad_date: no date or time: 'x'");
    CHECK(evaluate("datetime('x', 'Mars')") == "bad_expression: 1:1: unknown zone 'Mars'");
    CHECK(evaluate("datetime('x', 'UTC', 'QQ')") ==
          "bad_expression: 1:1: date format: unknown token 'QQ'");
    const Row row = {{"zone", Value::of_text("Europe/London")}, {"mars", Value::of_text("Mars")}};
    CHECK(evaluate("datetime('2022-07-01', zone)", row) == "2022-06-30T23:00:00.000000Z");
    CHECK(evaluate("datetime('2022-07-01', mars)", row) == "bad_value: unknown zone 'Mars'");
    CHECK(evaluate("iso_offset('2023-04-18T11:14:34Z', 'Europe/London')") ==
          "2023-04-18T11:14:34+00:00");
    CHECK(evaluate("iso_offset('2023-04-18 11:14:34', 'Europe/London')") ==
          "2023-04-18T11:14:34+01:00");
    CHECK(evaluate("day_text(datetime('2022-07-01T23:30:00Z', 'UTC'), 'Europe/London')") ==
          "2022-07-02");
    CHECK(evaluate("date_of(datetime('2022-07-01T23:30:00Z', 'UTC'), 'UTC')") == "2022-07-01");
    CHECK(evaluate("epoch(datetime('1969-12-31T23:59:59.5Z', 'UTC'))") == "-1");
}

TEST_CASE("M-4 digests") {
    CHECK(evaluate("sha256(concat('visa.', 'db0b14a3-0ca8-4281-9a77-57b5b88ec0a4'))") ==
          "33ffec57b443bec64d34d84f20590a6c88f4d0f4fad548bb2a5fb545d817128e");
    CHECK(evaluate("sha256('')") ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(evaluate("sha1('abc')") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("JSON is built with care and read by path") {
    const Row row = {
        {"raw", Value::of_text(R"({"a": {"b": "x", "n": 12.10}, "t": true, "z": null})")},
        {"bad", Value::of_text("{\"a\"")},
        {"nul", Value::of_text(std::string_view("\0", 1))}};
    CHECK(evaluate("json_object('k', 'a\"b\\n', 'n', 1.50, 'z', null)") ==
          R"({"k": "a\"b\u000a", "n": 1.50, "z": null})");
    CHECK(evaluate("json_object()") == "{}");
    CHECK(evaluate("json_object('m', json_raw(raw), 'o', json_object('p', true))", row) ==
          R"({"m": {"a": {"b": "x", "n": 12.10}, "t": true, "z": null}, "o": {"p": true}})");
    CHECK(evaluate("json_object('m', raw)", row).substr(0, 10) == R"({"m": "{\")");
    CHECK(evaluate("json_raw(bad)", row) == "bad_value: not JSON");
    CHECK(evaluate("json_object('k', nul)", row) ==
          "bad_value: a NUL character, which cannot be stored");
    CHECK(evaluate("json_get(raw, 'a.b')", row) == "x");
    CHECK(evaluate("json_get(raw, 'a.n')", row) == "12.10");
    CHECK(evaluate("json_get(raw, 't')", row) == "true");
    CHECK(evaluate("json_get(raw, 'z')", row) == "null");
    CHECK(evaluate("json_get(raw, 'a')", row) == "null");
    CHECK(evaluate("json_get(raw, 'b')", row) == "null");
    CHECK(evaluate("json_get(bad, 'a')", row) == "bad_value: not JSON");
}

TEST_CASE("M-24 tagged values are plain values") {
    Arena arena;
    const auto plain = [&](std::string_view json) {
        return std::string(print(untag(Value::of_text(json), arena), arena));
    };
    CHECK(plain(R"({"__type__":"datetime","__value__":"2023-04-18T11:14:34+01:00"})") ==
          "2023-04-18T11:14:34+01:00");
    CHECK(plain(R"({"__type__": "pendulum.DateTime", "epoch": 1681812874})") ==
          "2023-04-18T10:14:34.000000Z");
    CHECK(plain(R"({"__type__": "decimal.Decimal", "repr": "12.10"})") == "12.10");
    CHECK(plain("2023-04-18") == "2023-04-18");
    CHECK(plain(R"({"other": 1})") == R"({"other": 1})");
    CHECK(plain(R"({"__type__": "x")") == "bad_value");
}
