// What the fetch API reads.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/messages.hpp"
#include "jobs/serve/decide_fetch.hpp"

#include <optional>

namespace harmonia::serve {

/// The account with this key, also a deleted one.
[[nodiscard]] std::optional<FetchedAccount> find_account(db::Connection& connection,
                                                         const smp::AccountKey& key);

} // namespace harmonia::serve
