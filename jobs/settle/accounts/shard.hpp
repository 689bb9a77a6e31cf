// Whether this database holds only what its realm owns.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

struct ForeignRows {
    std::string table;
    std::int64_t rows = 0;
};

/// Counts the rows of other realms, by table, in one snapshot: accounts, waiting requests and
/// changes, and messages in the outbox (a balance change by the account it changes). Tables without
/// such rows are not listed.
[[nodiscard]] std::vector<ForeignRows> foreign_rows(db::Connection& connection,
                                                    const smp::Realm& realm);

} // namespace harmonia::settle::accounts
