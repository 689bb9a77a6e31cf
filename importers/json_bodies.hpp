// Bodies of requests as somebody put them into a file: one a line, one after the other over several
// lines each, or in one list or several. Written for eyes or for machines.
//
// A body is taken as JSON brackets have it. One that is broken ends where a line begins with `{`,
// or at the end of the file: it does not take the others with it.
#pragma once

#include "importers/record.hpp"

#include <memory>

namespace harmonia::importers {

/// A body that is longer than `bytes_max` is a Problem; cutting goes on behind the line in which it
/// was found to be.
[[nodiscard]] std::unique_ptr<Cutter> make_json_body_cutter(std::unique_ptr<ByteSource> bytes,
                                                            std::size_t bytes_max);

} // namespace harmonia::importers
