// `--stage scan`: one full pass over accounts and prepared transfers, which does at once what the
// protocol's reference spreads over hours: purges, overdue and unsent updates, deletions,
// capitalizations, rates and debtor infos, reminders. (The archive of changes: `purge-archive`.)
//
// Each step reads candidates in slices of key order, coarsely selected by the database; under their
// locks the predicates of decide_scan.hpp decide. Nothing is held from slice to slice.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/settings.hpp"
#include "jobs/settle/accounts/stage.hpp"

namespace harmonia::settle::accounts {

inline constexpr const char* k_scan = "scan";

/// `around.reachability` answers for root configurations.
[[nodiscard]] Counts scan(db::Connection& connection, const Surroundings& around,
                          const Settings& settings);

} // namespace harmonia::settle::accounts
