// `--stage scan`: one full pass over accounts and open transfers, which does at once what the
// protocol's reference spreads over hours: purges, overdue and unsent updates, deletions,
// capitalizations, rates and debtor infos, reminders. (The archive of changes: `purge-archive`.)
//
// Each step reads slices in key order without locks; the predicates of decide_scan.hpp select
// candidates, and decide again under their locks. No lock is kept from slice to slice.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

namespace harmonia::settle::accounts {

inline constexpr const char* k_scan = "scan";

/// `run.reachability` answers for root configurations.
[[nodiscard]] Counts scan(db::Connection& connection, const StageContext& run,
                          const Settings& settings);

} // namespace harmonia::settle::accounts
