// Writing JSON without building a document first.
#pragma once

#include <string>
#include <string_view>

namespace harmonia {

/// Appends `text` (UTF-8) quoted as a JSON string.
void append_json(std::string& json, std::string_view text);

} // namespace harmonia
