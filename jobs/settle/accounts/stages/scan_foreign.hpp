// After a split: what this half still holds of the other half besides its accounts. The other half
// has its own copy. Each returns how many rows were deleted.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

/// The history of its accounts.
std::uint64_t drop_foreign_history(db::Connection& connection, const Settings& settings);
/// Messages that are not published yet.
std::uint64_t drop_foreign_messages(db::Connection& connection, const Settings& settings);

} // namespace harmonia::settle::accounts
