// The comments of a YAML file, which the parser drops. Inside core/config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harmonia::config {

/// The text of a line that holds nothing but a comment; false otherwise.
[[nodiscard]] bool comment_line(std::string_view line, std::string_view& text);

/// What is said of line `index` (from 0): the comment lines directly above it, then the comment
/// behind it, joined by blanks.
[[nodiscard]] std::string comment_of(const std::vector<std::string_view>& lines, std::size_t index);

} // namespace harmonia::config
