// What a split leaves to the other half of a shard besides its accounts: their history, and
// messages that were not published yet.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/settings.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

/// After a split: the other half keeps its accounts' history itself.
std::uint64_t drop_foreign_history(db::Connection& connection, const Settings& settings);

/// The same for messages that were not published yet.
std::uint64_t drop_foreign_messages(db::Connection& connection, const Settings& settings);

} // namespace harmonia::settle::accounts
