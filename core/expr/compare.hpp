// Order of two values of the language.
#pragma once

#include "core/expr/expr.hpp"

#include <optional>

namespace harmonia::expr {

/// -1, 0, 1; empty when the types cannot be compared. Integers and decimals compare by value, texts
/// byte by byte. Nulls are not compared here.
[[nodiscard]] std::optional<int> compare(const Value& a, const Value& b);

/// Error `bad_value` for values that cannot be compared.
[[nodiscard]] Value incomparable();

} // namespace harmonia::expr
