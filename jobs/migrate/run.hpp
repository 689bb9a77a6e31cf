// Schema migrations over every database of an installation. The work on one database is
// core/db/migrate.hpp; here is which files belong where, and what to say about it.
#pragma once

#include "core/base/embedded.hpp"
#include "core/db/connection.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace harmonia::migrate {

/// One database and the areas it holds; `ops` is always among them.
struct Database {
    std::string name; ///< as the configuration calls it; `default` for the usual one
    db::Settings settings;
    std::vector<std::string> areas;
};

/// What one database says of one migration.
struct Line {
    std::string database, area, name;
    int number = 0;
    std::string state; ///< applied, pending, changed (another content), unknown (newer program)
    std::string applied_at; ///< empty unless applied
};

/// Names of the areas that `files` hold, `ops` first.
[[nodiscard]] std::vector<std::string> areas_of(std::span<const Embedded> files);

/// Every migration in every database. Reads only.
[[nodiscard]] std::vector<Line> status(std::span<const Embedded> files,
                                       const std::vector<Database>& databases);

/// The SQL that apply() would run, with a heading before each file. Reads only.
[[nodiscard]] std::string plan(std::span<const Embedded> files,
                               const std::vector<Database>& databases);

struct Applied {
    std::vector<std::string> migrations; ///< `default: ops/0001_runs`
    std::vector<std::string> partitions; ///< `default: ops.job_run_y2026m11`
};
/// Applies all that is pending, then makes missing partitions. Error(try_again) when another copy
/// is at work longer than lock_timeout, Error(config) for a changed file or a newer database.
Applied apply(std::span<const Embedded> files, const std::vector<Database>& databases,
              const std::string& version);

/// Waits until nothing is pending anywhere, looking every half second; an absent server counts as
/// not yet. Error(try_again) after `limit`; Error(config) at once for what waiting cannot cure.
void await(std::span<const Embedded> files, const std::vector<Database>& databases,
           std::chrono::milliseconds limit);

/// Creates `root`/migrations/AREA/NNNN_name.sql with the next free number and returns its path.
/// Error(usage) for a bad area or name, Error(no_input) when `root` is not a source tree.
std::filesystem::path create(const std::filesystem::path& root, const std::string& area,
                             const std::string& name);

} // namespace harmonia::migrate
