// Exact decimal numbers: a 64-bit coefficient and a scale. No binary floating point anywhere.
//
// Numbers are written as in JSON or by people: `12.22`, `90`, `.00`, `5.`, `+1`, `-12.345`, `1e3`,
// `1.5E-2`; surrounding blanks are ignored. Thousands separators, `NaN` and hexadecimal are
// refused.
#pragma once

#include "core/base/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace harmonia::money {

/// The maximum number of decimals: 10^18 is the largest power of ten in 64 bits.
inline constexpr int k_scale_max = 18;

/// number = coefficient / 10^scale, |coefficient| < 2^63, 0 ≤ scale ≤ 18. Not normalised: 1.10
/// keeps scale 2; compare() compares the numbers.
struct Decimal {
    std::int64_t coefficient = 0;
    int scale = 0;
};

/// How to treat digits beyond the scale.
enum class Rounding {
    exact,    ///< a non-zero one is a Problem `amount_precision`
    truncate, ///< dropped, toward zero
};

/// `text` × 10^scale as an integer. Problems: `bad_amount` (not a number), `amount_precision`,
/// `amount_range` (beyond 64 bits). scale 0…18.
[[nodiscard]] Expected<std::int64_t> parse_scaled(std::string_view text, int scale,
                                                  Rounding rounding);

/// The number as written; zeros beyond 18 decimals are dropped. Problems as above.
[[nodiscard]] Expected<Decimal> parse_decimal(std::string_view text);

/// Problem `amount_range` when the result does not fit.
[[nodiscard]] Expected<Decimal> add(Decimal a, Decimal b);
[[nodiscard]] Expected<Decimal> subtract(Decimal a, Decimal b);
/// Exact; zeros are dropped to fit 18 decimals, otherwise `amount_precision`.
[[nodiscard]] Expected<Decimal> multiply(Decimal a, Decimal b);
/// -1, 0, 1: never overflows.
[[nodiscard]] int compare(Decimal a, Decimal b);
/// The same number at another scale. Problems `amount_precision`, `amount_range`.
[[nodiscard]] Expected<std::int64_t> rescale(Decimal value, int scale, Rounding rounding);

enum class Padding {
    padded,   ///< all decimals of the scale: 9000 at scale 2 is `90.00`
    unpadded, ///< no trailing zeros: `90`, `12.1`
};
/// 1222 at scale 2 is `12.22`, 5 is `0.05`, -3355 is `-33.55`.
[[nodiscard]] std::string print_scaled(std::int64_t coefficient, int scale, Padding padding);
/// The same, written to `into` (at least k_print_max bytes); returns the length.
inline constexpr std::size_t k_print_max = 40;
std::size_t print_scaled(std::int64_t coefficient, int scale, Padding padding, char* into);

} // namespace harmonia::money
