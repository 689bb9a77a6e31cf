// COPY's text format (PostgreSQL manual, COPY, "Text Format"): fields end with a tab, rows with a
// newline, \N is null, a backslash escapes. Inside core/db.
#pragma once

#include "core/db/copy_out.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {

/// Splits one row, without its newline, into `fields`, unescaping in place: `row` is written over,
/// and the fields point into it.
void split_copy_row(std::span<char> row, std::vector<CopyOut::Field>& fields);

/// Appends `text` to `line` escaped for COPY's text format (tab, newline, carriage return,
/// backslash).
void append_copy_escaped(std::string& line, std::string_view text);

} // namespace harmonia::db
