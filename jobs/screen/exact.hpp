// Exact numbers. No binary floating point decides a verdict: averages and shares are fractions,
// comparisons cross-multiply in 256 bits, a spread (standard deviation) is compared by squares.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::screen {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// num / den with den > 0; den = 0 stands for infinity (num > 0 then). Not reduced.
struct Number {
    Int128 num = 0;
    Int128 den = 1;
};

// Empty when the result is beyond 127 bits, or is no number (0/0): the value is then missing.
[[nodiscard]] std::optional<Number> add(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> subtract(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> multiply(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> divide(const Number& a, const Number& b);
[[nodiscard]] Number negate(const Number& a);
/// Exact for any two numbers.
[[nodiscard]] std::strong_ordering compare(const Number& a, const Number& b);

/// The population standard deviation of n values: sqrt(n·squares − sum²) / n.
struct Spread {
    std::uint64_t n = 0;
    Int128 sum = 0, squares = 0;
};
/// The sign of a + k·σ: less, equal or greater than 0. Empty when it does not fit 768 bits.
[[nodiscard]] std::optional<std::strong_ordering> sign(const Number& a, const Number& k,
                                                       const Spread& spread);

/// The largest amount in the base currency, in minor units (an input's largest is 10^15): with it
/// the squares of three million rows of a window fit 128 bits.
inline constexpr std::int64_t k_amount_max = 10'000'000'000'000'000;

/// amount_minor × coefficient / 10^scale × 10^shift, rounded half to even; empty beyond
/// k_amount_max.
[[nodiscard]] std::optional<std::int64_t> convert(std::int64_t amount_minor,
                                                  std::int64_t coefficient, int scale, int shift);

/// Great-circle distance in whole metres (haversine, R = 6,371,008.8 m) of two positions in 1e-6
/// degrees. Computed in long double, whose error (under 1e-9 m) is far below the half metre at
/// which rounding decides; what is compared is the whole number.
[[nodiscard]] std::int64_t distance_m(std::int32_t lat1, std::int32_t lon1, std::int32_t lat2,
                                      std::int32_t lon2);

/// As decimals, exact where they end, else cut after `decimals` and rounded half to even; `∞`.
[[nodiscard]] std::string print(const Number& number, int decimals);
[[nodiscard]] std::string print(Int128 integer);

} // namespace harmonia::screen
