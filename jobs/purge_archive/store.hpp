// Removes rows in slices, and one file at a time. (Partitions: core/db/partitions.hpp.)
#pragma once

#include "core/db/connection.hpp"
#include "jobs/purge_archive/load_tables.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace harmonia::purge_archive {

/// Deletes a table's old rows and keeps their summary (`kept`), in slices of its pages, each in its
/// own transaction; stops between two slices when asked to. A row that another session changes
/// meanwhile is judged as changed.
std::uint64_t purge_table(db::Connection& connection, const Table& table);

/// Records that balance changes committed before may exist as sums only. Never lowers it. Call it
/// before the first is folded: `audit accounts` expects single rows only after it.
void raise_threshold(db::Connection& connection, const std::string& before);

/// Removes one archived file, then its folders that are empty, up to `base`. Error(permission |
/// io).
void remove_file(const std::filesystem::path& base, const std::filesystem::path& file);

} // namespace harmonia::purge_archive
