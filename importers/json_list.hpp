// Records that are the items of a list inside one JSON document, cut while it streams by.
#pragma once

#include "importers/window.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importers {

/// `path`: members to go through from the document's object to the list; empty: the document is the
/// list. Only the brackets and texts of an item are looked at here, its splitter reads it strictly.
/// Error(data): no list at the path, the path there twice, brackets that do not match, a cut-off
/// document. `path` must live as long.
[[nodiscard]] std::unique_ptr<Cutter> make_json_list_cutter(std::unique_ptr<ByteSource> bytes,
                                                            const std::vector<std::string>& path,
                                                            std::size_t bytes_max);

} // namespace harmonia::importers
