// Loads identifier files: each in a transaction of its own, so that one that is refused stops no
// other.
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
    Exit exit = Exit::done; ///< data: refused; no_input: not there
    std::string reason;     ///< why it failed; at most 250 characters
};

/// `-` is standard input. Errors of the database end the run.
[[nodiscard]] std::vector<FileReport> load_files(db::Connection& connection,
                                                 const std::vector<std::string>& files);

/// done; rejected when some files failed; the exit of the failure when none was loaded.
[[nodiscard]] Exit exit_of(const std::vector<FileReport>& reports);

} // namespace harmonia::mids
