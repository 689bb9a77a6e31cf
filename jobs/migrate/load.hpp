// Which migrations belong to which database, and how far each database is. Reads only.
#pragma once

#include "core/base/embedded.hpp"
#include "core/db/connection.hpp"
#include "core/db/migrate.hpp"

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

/// The state of one migration in one database.
struct Line {
    std::string database, area, name;
    int number = 0;
    std::string state; ///< applied, pending, changed (another content), unknown (newer program)
    std::string applied_at; ///< empty unless applied
};

/// Names of the areas that `files` hold, `ops` first.
[[nodiscard]] std::vector<std::string> areas_of(std::span<const Embedded> files);

/// Every migration in every database.
[[nodiscard]] std::vector<Line> status(std::span<const Embedded> files,
                                       const std::vector<Database>& databases);

/// What apply() would apply to one database, in order. Refuses what apply() would refuse:
/// Error(config) for a changed file or a newer database.
[[nodiscard]] std::vector<db::Migration> pending(std::span<const Embedded> files,
                                                 const Database& database);

/// The SQL that apply() would run, with a heading before each file.
[[nodiscard]] std::string plan(std::span<const Embedded> files,
                               const std::vector<Database>& databases);

/// `default: ops/0001_runs`
[[nodiscard]] std::string full_name(const Database& database, const db::Migration& migration);

} // namespace harmonia::migrate
