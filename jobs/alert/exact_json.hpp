// JSON as a tree in which no amount has passed through a floating-point number: a number with a
// fraction or an exponent, or beyond 64 bits, is kept as the text that was written.
#pragma once

#include "core/base/expected.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace harmonia::alert {

inline constexpr int k_depth_max = 32; ///< deeper is no alert, and would cost stack to print

/// Problem `bad_json`: no JSON, not UTF-8, too deep, or a NUL, which PostgreSQL cannot store.
[[nodiscard]] Expected<nlohmann::json> exact_json(std::string_view text);

} // namespace harmonia::alert
