// What a purge would remove: counts of old rows, and the old files.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/purge_archive/load_tables.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace harmonia::purge_archive {

[[nodiscard]] std::uint64_t count_old(db::Connection& connection, const Table& table);

/// Error(config) when a balance change committed before is still pending here or in the outbox:
/// once its registration could be forgotten, its money would be lost.
void refuse_early_loss(db::Connection& connection, const std::string& before);

/// Files below `base` archived before `day`, in order of their names. Links are not followed, and
/// anything but files and folders is left alone. Empty when `base` does not exist.
[[nodiscard]] std::vector<std::filesystem::path> old_files(const std::filesystem::path& base,
                                                           long long day);

} // namespace harmonia::purge_archive
