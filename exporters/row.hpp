// The values of one harmonia.export_transaction row, by the names that expressions use.
#pragma once

#include "core/expr/expr.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::exporters {

/// Names that expressions of an export may use, in the order of Row::values
/// (docs/reference/exports.md).
[[nodiscard]] std::span<const expr::Name> row_names();
/// Position of a name in row_names(), or npos.
[[nodiscard]] std::size_t row_index(std::string_view name);

struct Row {
    std::vector<expr::Value> values; ///< texts belong to the loader of the row
};

} // namespace harmonia::exporters
