// `--engine sql`, the reference for what windows mean: the columns of a history go to PostgreSQL,
// and one statement of window functions comes back with every feature. It shares with the other
// engines what is not a window: reading rows, converting amounts, conditions, distances.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/feature.hpp"

namespace harmonia::screen {

/// Works features out on a session of its own, in temporary tables that are never committed; the
/// role needs the database's right TEMPORARY. Copies `settings`. May be called by several threads.
[[nodiscard]] FeatureSource features_by_sql(const db::Settings& settings);

} // namespace harmonia::screen
