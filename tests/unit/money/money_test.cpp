// Amounts, decimals and currencies.
#include "core/money/currency.hpp"
#include "core/money/money.hpp"
#include "tests/support/catch.hpp"

#include <limits>
#include <string>

using namespace harmonia::money;

namespace {

std::string code_of(const harmonia::Expected<std::int64_t>& result) {
    return result ? "ok " + std::to_string(*result) : result.error().code;
}

std::string gbp(std::string_view text, Rounding rounding = Rounding::truncate) {
    return code_of(parse_major(text, "GBP", rounding));
}

} // namespace

TEST_CASE("M-1 amounts in pounds become pennies, truncated toward zero") {
    CHECK(gbp("12.22") == "ok 1222");
    CHECK(gbp("90") == "ok 9000");
    CHECK(gbp("12.1") == "ok 1210");
    CHECK(gbp(".00") == "ok 0");
    CHECK(gbp("12.345") == "ok 1234");
    CHECK(gbp("-12.345") == "ok -1234");
    CHECK(gbp("23.99") == "ok 2399");
}

TEST_CASE("M-2 pennies print as pounds, and padded where a form wants it") {
    const auto plain = [](std::int64_t minor) {
        return *print_major(minor, "GBP", Padding::unpadded);
    };
    CHECK(plain(1222) == "12.22");
    CHECK(plain(9000) == "90");
    CHECK(plain(1210) == "12.1");
    CHECK(plain(5) == "0.05");
    CHECK(plain(-3355) == "-33.55");
    CHECK(plain(0) == "0");
    CHECK(*print_major(9000, "GBP", Padding::padded) == "90.00");
    CHECK(*print_major(-5, "KWD", Padding::padded) == "-0.005");
    CHECK(*print_major(1500, "JPY", Padding::padded) == "1500");
    CHECK(print_scaled(std::numeric_limits<std::int64_t>::min(), 18, Padding::padded) ==
          "-9.223372036854775808");
}

TEST_CASE("M-3 the exponent comes from the currency and excess digits are refused") {
    CHECK(code_of(parse_major("1500", "JPY", Rounding::exact)) == "ok 1500");
    CHECK(code_of(parse_major("1.234", "KWD", Rounding::exact)) == "ok 1234");
    CHECK(gbp("12.345", Rounding::exact) == "amount_precision");
    CHECK(gbp("12.340", Rounding::exact) == "ok 1234");
    CHECK(code_of(parse_major("1", "ABC", Rounding::exact)) == "bad_currency");
    CHECK(code_of(parse_major("1", "gbp", Rounding::exact)) == "bad_currency");
}

TEST_CASE("M-8 whole pennies with padding and sign") {
    const auto pennies = [](std::string_view text) {
        return code_of(parse_scaled(text, 0, Rounding::exact));
    };
    CHECK(pennies("000000011199") == "ok 11199");
    CHECK(pennies("5566        ") == "ok 5566");
    CHECK(pennies("-00000011199") == "ok -11199");
    CHECK(pennies("            ") == "bad_amount");
}

TEST_CASE("number texts as JSON writes them") {
    CHECK(gbp("1e3") == "ok 100000");
    CHECK(gbp("1E+3") == "ok 100000");
    CHECK(gbp("1.5e-1") == "ok 15");
    CHECK(gbp("1.5e-2", Rounding::exact) == "amount_precision");
    CHECK(gbp("150e-2", Rounding::exact) == "ok 150");
    CHECK(gbp("1e-999999999999") == "ok 0");
    CHECK(gbp("0e999999999999") == "ok 0");
    CHECK(gbp("1e999999999999") == "amount_range");
    CHECK(gbp("+5.") == "ok 500");
    for (const char* text : {"", ".", "-", "1,000.00", "NaN", "Infinity", "0x10", "1e", "1e+",
                             "1 2", "--1", "1.2.3", "£5", "1_000"}) {
        INFO(text);
        CHECK(gbp(text) == "bad_amount");
    }
}

TEST_CASE("amounts beyond 64 bits are refused, the largest is kept") {
    CHECK(gbp("92233720368547758.07") == "ok 9223372036854775807");
    CHECK(gbp("92233720368547758.08") == "amount_range");
    CHECK(gbp("-92233720368547758.07") == "ok -9223372036854775807");
    CHECK(gbp("99999999999999999999") == "amount_range");
    CHECK(gbp(std::string(900, '0') + "1") == "ok 100");
    CHECK(code_of(add(std::numeric_limits<std::int64_t>::max(), 1)) == "amount_range");
    CHECK(code_of(negate(std::numeric_limits<std::int64_t>::min())) == "amount_range");
    CHECK(code_of(add(2000, 200)) == "ok 2200");
}

TEST_CASE("decimals add, multiply and compare exactly") {
    const auto d = [](std::string_view text) { return *parse_decimal(text); };
    const auto text = [](const harmonia::Expected<Decimal>& value) {
        return value ? print_scaled(value->coefficient, value->scale, Padding::unpadded)
                     : value.error().code;
    };
    CHECK(text(add(d("0.1"), d("0.2"))) == "0.3");
    CHECK(text(subtract(d("1"), d("0.999999999999999999"))) == "0.000000000000000001");
    CHECK(text(multiply(d("1.1"), d("-1.1"))) == "-1.21");
    CHECK(text(multiply(d("0.0000000001"), d("0.0000000001"))) == "amount_precision");
    CHECK(text(multiply(d("0.0000000010"), d("0.0000000010"))) == "0.000000000000000001");
    CHECK(text(multiply(d("9223372036854775807"), d("2"))) == "amount_range");
    CHECK(text(add(d("9223372036854775807"), d("0.1"))) == "amount_range");
    CHECK(compare(d("1.10"), d("1.1")) == 0);
    CHECK(compare(d("9223372036854775807"), d("0.000000000000000001")) == 1);
    CHECK(compare(d("-1"), d("-0.5")) == -1);
    CHECK(code_of(rescale(d("1.25"), 1, Rounding::exact)) == "amount_precision");
    CHECK(code_of(rescale(d("-1.25"), 1, Rounding::truncate)) == "ok -12");
    CHECK(code_of(rescale(d("1.25"), 4, Rounding::exact)) == "ok 12500");
}

TEST_CASE("currencies have the decimals of ISO 4217") {
    CHECK(exponent_of("GBP") == 2);
    CHECK(exponent_of("JPY") == 0);
    CHECK(exponent_of("KRW") == 0);
    CHECK(exponent_of("BHD") == 3);
    CHECK(exponent_of("CLF") == 4);
    CHECK(exponent_of("ZWG") == 2);
    for (const char* code : {"", "GB", "GBPX", "gbp", "XAU", "XXX", "G P", "\xC3\xA9X"}) {
        INFO(code);
        CHECK_FALSE(exponent_of(code).has_value());
    }
}
