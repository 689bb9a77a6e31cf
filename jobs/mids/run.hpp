// Loads identifier files, each in a transaction of its own, so that a refused file does not stop
// the others.
#pragma once

#include "core/base/error.hpp"
#include "core/db/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::mids {

struct FileReport {
    std::string file;           ///< as named on the command line
    std::uint64_t in_file = 0;  ///< identifiers that the file adds, each counted once
    std::uint64_t imported = 0; ///< of those: new ones
    std::uint64_t deleted = 0;
    Exit exit = Exit::done; ///< data: refused; no_input: missing
    std::string reason;     ///< why it failed; at most 250 characters
};

/// `-` is standard input. Errors of the database end the run.
[[nodiscard]] std::vector<FileReport> load_files(db::Connection& connection,
                                                 const std::vector<std::string>& files);

/// done; rejected when some files failed; the first failure's exit when all failed.
[[nodiscard]] Exit exit_of(const std::vector<FileReport>& reports);

} // namespace harmonia::mids
