// Records that are the items of an array inside one JSON document, cut while it streams by.
#pragma once

#include "importers/source/window.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importers {

/// `path`: members to go through from the document's object to the array; empty: the document is
/// the array. Only the brackets and strings of an item are looked at here, its parser reads it
/// strictly. Error(data): no array at the path, the path occurs twice, mismatched brackets, a
/// truncated document. `path` must live as long.
[[nodiscard]] std::unique_ptr<RecordReader>
make_json_array_reader(std::unique_ptr<ByteSource> bytes, const std::vector<std::string>& path,
                       std::size_t bytes_max);

} // namespace harmonia::importers
