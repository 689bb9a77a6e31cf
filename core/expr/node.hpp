// Limits and helpers of the syntax tree that parser and compiler share.
#pragma once

#include "core/expr/expr.hpp"

#include <string>

namespace harmonia::expr {

// Deeper or larger than any rule that a person can read; they bound recursion and memory.
inline constexpr int k_depth_max = 64;
inline constexpr std::size_t k_nodes_max = 10'000;
inline constexpr std::size_t k_text_max = 64 * 1024;

/// `line:column: message`, or the message alone where the place is unknown.
[[nodiscard]] std::string placed(int line, int column, const std::string& message);

} // namespace harmonia::expr
