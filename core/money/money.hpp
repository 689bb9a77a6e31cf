// Amounts of money: 64-bit integers of minor units with a currency code. All conversions between a
// string and such an integer happen here; nothing else in the program scales an amount.
#pragma once

#include "core/base/expected.hpp"
#include "core/money/decimal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace harmonia::money {

/// Major units as a string (`12.22` GBP) to minor units (1222), by the currency's exponent.
/// Problems: `bad_currency`, and those of parse_scaled().
[[nodiscard]] Expected<std::int64_t> parse_major(std::string_view text, std::string_view currency,
                                                 Rounding rounding);

/// Minor units to major units as a string. Problem `bad_currency` for an unknown currency.
[[nodiscard]] Expected<std::string> print_major(std::int64_t minor, std::string_view currency,
                                                Padding padding);

/// Sums and differences of minor units of one currency; Problem `amount_range`.
[[nodiscard]] Expected<std::int64_t> add(std::int64_t a, std::int64_t b);
[[nodiscard]] Expected<std::int64_t> negate(std::int64_t a);

} // namespace harmonia::money
