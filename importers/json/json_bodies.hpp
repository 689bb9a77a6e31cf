// Bodies of requests that were collected in a file: one a line, one after the other over several
// lines each, or in one array or several; indented or not.
//
// A body ends where its brackets close. A broken one ends where a line begins with `{`, or at the
// end of the file: it does not take the others with it.
#pragma once

#include "importers/source/record.hpp"

#include <memory>

namespace harmonia::importers {

/// A body longer than `bytes_max` is a Problem; reading goes on after the line in which it got too
/// long.
[[nodiscard]] std::unique_ptr<RecordReader> make_json_body_reader(std::unique_ptr<ByteSource> bytes,
                                                                  std::size_t bytes_max);

} // namespace harmonia::importers
