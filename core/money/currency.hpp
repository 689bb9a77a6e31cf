// Currencies of ISO 4217 by their alphabetic codes, with the number of decimals of the minor unit.
// Currencies withdrawn since 2025 stay listed: records are kept for 400 days and still name them.
#pragma once

#include <optional>
#include <string_view>

namespace harmonia::money {

/// Decimals of the minor unit: GBP 2, JPY 0, KWD 3, CLF 4. Empty for anything but the three
/// upper-case letters of a listed code (codes without a minor unit, such as XAU, are not listed).
[[nodiscard]] std::optional<int> exponent_of(std::string_view code);

} // namespace harmonia::money
