// One migrated database for all tests of this program that leave nothing behind but rows of ops and
// tables called t or in schema s: making and dropping a database each costs a checkpoint.
#pragma once

#include "tests/support/database.hpp"

namespace harmonia::test {

/// The shared database, swept.
inline const TempDatabase& fresh() {
    static const TempDatabase k_shared;
    k_shared.execute("DROP SCHEMA IF EXISTS s CASCADE; DROP TABLE IF EXISTS t;"
                     "DELETE FROM ops.config_item; DELETE FROM ops.job_run");
    return k_shared;
}

} // namespace harmonia::test
