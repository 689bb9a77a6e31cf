// The steps from layers to one tree; config.cpp takes them in order.
#pragma once

#include "core/config/value.hpp"

#include <string>
#include <string_view>

namespace harmonia::config {

/// `higher` over `lower`. Maps merge key by key; lists of named items merge by name, a whole item
/// at a time (an empty list replaces); everything else replaces. A key without a value (`import:`)
/// leaves a map or list unchanged. Error(config) where a map would be replaced by something else.
[[nodiscard]] Value merge(const Value& lower, const Value& higher);

/// A copy with `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$$` replaced in its scalars,
/// from the process's environment. A `$` before anything else stays. Inserted text is not expanded
/// again.
[[nodiscard]] Value expand(const Value& value);

/// A copy with the paths of its new place, `path`.
[[nodiscard]] Value repath(const Value& value, const std::string& path);

/// `root` with the leaf at the dotted `path` replaced by `text`; missing maps on the way are
/// created.
[[nodiscard]] Value set_leaf(const Value& root, std::string_view path, const std::string& text,
                             const Origin& origin);

} // namespace harmonia::config
