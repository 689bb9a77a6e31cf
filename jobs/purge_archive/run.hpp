// Runs a purge: one at a time, area by area. It can stop anywhere: what is gone stays gone, and the
// next run removes the rest.
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
    std::filesystem::path imports;              ///< must not lie below one of these
    db::Settings accounts_database;             ///< of the role `accounts`
    std::string
        accounts_before; ///< accounts.archive_threshold as a timestamptz string; empty: none
    bool dry_run = false;
};

struct Outcome {
    /// By table (`payment_transaction`), `partitions`, `partition_bytes`, `files`. Of balance
    /// changes: how many rows became sums.
    std::vector<std::pair<std::string, std::int64_t>> counts;
    std::uint64_t busy = 0; ///< partitions that others had locked: the next run drops them
};

/// Error(try_again) while another purge runs on this database; Error(config) for a folder that is
/// the root or contains the imports, and for an account threshold later than a pending change.
[[nodiscard]] Outcome run(const db::Settings& settings, const Plan& plan);

} // namespace harmonia::purge_archive
