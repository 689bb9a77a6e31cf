// Removes: rows in slices, one file at a time. (Partitions: core/db/partitions.hpp.)
#pragma once

#include "core/db/connection.hpp"
#include "jobs/purge_archive/tables.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace harmonia::purge_archive {

/// Deletes a table's old rows, and keeps what it says of them, in slices of its pages, each in a
/// transaction of its own; stops cleanly between them when asked to. Rows that another session
/// changes meanwhile are judged as changed.
std::uint64_t purge_table(db::Connection& connection, const Table& table);

/// Writes down that balance changes committed before may be in sums only. Never lowers it. To be
/// done before the first is folded: `audit accounts` looks for single rows after it only.
void raise_threshold(db::Connection& connection, const std::string& before);

/// Removes one put-away file, then its folder where that is empty, up to `base`.
/// Error(permission | io).
void remove_file(const std::filesystem::path& base, const std::filesystem::path& file);

} // namespace harmonia::purge_archive
