// Writes a new migration into the source tree.
#pragma once

#include <filesystem>
#include <string>

namespace harmonia::migrate {

/// Creates `root`/migrations/AREA/NNNN_name.sql with the next free number and returns its path.
/// Error(usage) for a bad area or name, Error(no_input) when `root` is not a source tree.
std::filesystem::path create(const std::filesystem::path& root, const std::string& area,
                             const std::string& name);

} // namespace harmonia::migrate
