// Migrates every database of an installation. The work on one database is core/db/migrate.hpp; here
// is which files belong where, and what to report.
#pragma once

#include "jobs/migrate/load.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace harmonia::migrate {

struct Applied {
    std::vector<std::string> migrations; ///< `default: ops/0001_runs`
    std::vector<std::string> partitions; ///< `default: ops.job_run_y2026m11`
};
/// Applies everything pending, then creates missing partitions. Error(try_again) when another
/// process migrates for longer than lock_timeout; Error(config) for a changed file or a newer
/// database.
Applied apply(std::span<const Embedded> files, const std::vector<Database>& databases,
              const std::string& version);

/// Waits until nothing is pending anywhere, looking every half second; a server out of reach counts
/// as not ready yet. Error(try_again) after `limit`; Error(config) at once for what waiting cannot
/// cure.
void await(std::span<const Embedded> files, const std::vector<Database>& databases,
           std::chrono::milliseconds limit);

} // namespace harmonia::migrate
