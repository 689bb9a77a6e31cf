// `--engine sql`, the reference for what windows mean: the columns of a history are sent to
// PostgreSQL, where one statement of window functions computes every feature. It shares with the
// other engines what is not a window: reading rows, converting amounts, conditions, distances.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/features/feature.hpp"

namespace harmonia::screen {

/// Computes features on a session of its own, in temporary tables that are never committed; the
/// role needs the privilege TEMPORARY on the database. Copies `settings`. May be called by several
/// threads.
[[nodiscard]] FeatureSource features_by_sql(const db::Settings& settings);

} // namespace harmonia::screen
