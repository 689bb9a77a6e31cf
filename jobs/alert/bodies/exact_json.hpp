// JSON as a tree in which no amount has passed through a floating-point number: a number with a
// fraction or an exponent, or beyond 64 bits, is kept as a string of the digits that were written.
#pragma once

#include "core/base/expected.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace harmonia::alert {

inline constexpr int k_depth_max = 32; ///< no alert is deeper, and printing costs stack

/// Problem `bad_json`: not JSON, not UTF-8, too deep, or with a NUL, which PostgreSQL cannot store.
[[nodiscard]] Expected<nlohmann::json> exact_json(std::string_view text);

} // namespace harmonia::alert
