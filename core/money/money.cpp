#include "core/money/money.hpp"

#include "core/base/text.hpp"
#include "core/money/currency.hpp"

namespace harmonia::money {

namespace {

tl::unexpected<Problem> unknown_currency(std::string_view currency) {
    constexpr std::size_t shown_max = 20;
    return bad("bad_currency", {}, "unknown currency '" + printable(currency, shown_max) + "'");
}

} // namespace

Expected<std::int64_t> parse_major(std::string_view text, std::string_view currency,
                                   Rounding rounding) {
    const auto exponent = exponent_of(currency);
    if (!exponent)
        return unknown_currency(currency);
    return parse_scaled(text, *exponent, rounding);
}

Expected<std::string> print_major(std::int64_t minor, std::string_view currency, Padding padding) {
    const auto exponent = exponent_of(currency);
    if (!exponent)
        return unknown_currency(currency);
    return print_scaled(minor, *exponent, padding);
}

Expected<std::int64_t> add(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return bad("amount_range", {}, "sum beyond 64 bits of minor units");
    return sum;
}

Expected<std::int64_t> negate(std::int64_t a) {
    std::int64_t negated = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, a, &negated))
        return bad("amount_range", {}, "negation beyond 64 bits of minor units");
    return negated;
}

} // namespace harmonia::money
