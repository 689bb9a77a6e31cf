// Forgetting changes from before the archive's threshold: rows of registered_balance_change and
// sent_balance_change become sums in account_total, so that balances can still be proved.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/settings.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

/// Returns how many rows were folded. Does nothing when the threshold is 1970. Error(config) when a
/// change committed before the threshold is still waiting here or in the outbox: once its
/// registration can be forgotten, its money would be lost.
std::uint64_t fold_archive(db::Connection& connection, const Settings& settings);

/// After a split: the other half keeps its accounts' history itself.
std::uint64_t drop_foreign_history(db::Connection& connection, const Settings& settings);

/// The same for messages that were not published yet.
std::uint64_t drop_foreign_messages(db::Connection& connection, const Settings& settings);

} // namespace harmonia::settle::accounts
