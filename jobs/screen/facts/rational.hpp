// Exact arithmetic on rational numbers. No binary floating point decides a verdict: averages and
// shares are fractions, comparisons cross-multiply in 256 bits, a spread (standard deviation) is
// compared by squares.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::screen {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// num / den with den ≥ 0, not reduced; den = 0 is infinity with the sign of num.
struct Rational {
    Int128 num = 0;
    Int128 den = 1;
};

// Empty, that is missing, when the result exceeds 127 bits or is undefined (0/0).
[[nodiscard]] std::optional<Rational> add(const Rational& a, const Rational& b);
[[nodiscard]] std::optional<Rational> subtract(const Rational& a, const Rational& b);
[[nodiscard]] std::optional<Rational> multiply(const Rational& a, const Rational& b);
[[nodiscard]] std::optional<Rational> divide(const Rational& a, const Rational& b);
[[nodiscard]] Rational negate(const Rational& a);
/// Exact for all values.
[[nodiscard]] std::strong_ordering compare(const Rational& a, const Rational& b);

/// The population standard deviation of n values: sqrt(n·squares − sum²) / n.
struct Spread {
    std::uint64_t n = 0;
    Int128 sum = 0, squares = 0;
};
/// Whether a + k·σ is less than, equal to or greater than 0. Empty when it exceeds 768 bits.
[[nodiscard]] std::optional<std::strong_ordering> sign(const Rational& a, const Rational& k,
                                                       const Spread& spread);

/// The largest amount after conversion to the base currency, in minor units (imported amounts end
/// at 10^15): the sum of squares of a window of three million rows then fits 128 bits.
inline constexpr std::int64_t k_base_amount_max = 10'000'000'000'000'000;

/// amount_minor × coefficient / 10^scale × 10^shift, rounded half to even; empty above
/// k_base_amount_max.
[[nodiscard]] std::optional<std::int64_t> convert(std::int64_t amount_minor,
                                                  std::int64_t coefficient, int scale, int shift);

/// Great-circle distance in whole metres (haversine, R = 6,371,008.8 m) between two positions in
/// 1e-6 degrees. Computed in long double, whose error (under 1e-9 m) is far below the half metre at
/// which rounding decides; only the whole number is compared.
[[nodiscard]] std::int64_t distance_m(std::int32_t lat1, std::int32_t lon1, std::int32_t lat2,
                                      std::int32_t lon2);

/// In decimal notation with `decimals` places, rounded half to even; `∞` for infinity.
[[nodiscard]] std::string print(const Rational& number, int decimals);
[[nodiscard]] std::string print(Int128 integer);

} // namespace harmonia::screen
