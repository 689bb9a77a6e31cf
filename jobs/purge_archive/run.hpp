// Drives a purge: alone by lock, area by area, everything resumable: what is gone stays gone, what
// is left goes with the next run.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/purge_archive/decide.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::purge_archive {

struct Plan {
    Retention retention;
    std::vector<Area> areas;
    std::vector<std::filesystem::path> folders; ///< of archived and rejected files
    std::filesystem::path imports;              ///< must not lie below one of those
    db::Settings accounts_database;             ///< of the role `accounts`
    std::string accounts_before; ///< accounts.archive_threshold as timestamptz text; empty: none
    bool dry_run = false;
};

struct Outcome {
    /// By table (`payment_transaction`), `partitions`, `partition_bytes`, `files`. Of
    /// balance changes: how many rows became sums.
    std::vector<std::pair<std::string, std::int64_t>> counts;
    std::uint64_t busy = 0; ///< partitions that others did not let go of: the next run takes them
};

/// Error(try_again) while another purge runs on this database, Error(config) for a folder that is
/// the root or holds the imports, and for an account threshold later than a change that waits.
[[nodiscard]] Outcome run(const db::Settings& settings, const Plan& plan);

} // namespace harmonia::purge_archive
