// Rows of other realms in this database: counted, and deleted after a shard was split. The caller
// commits.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/store/pending.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

struct ForeignRows {
    std::string table;
    std::int64_t rows = 0;
};

/// Counts the rows of other realms, by table, in one snapshot: accounts, pending requests and
/// changes, and messages in the outbox (a balance change by the account it changes). Tables without
/// such rows are not listed.
[[nodiscard]] std::vector<ForeignRows> foreign_rows(db::Connection& connection,
                                                    const smp::Realm& realm);

/// Deletes at most `limit` unpublished messages of accounts of other realms, but no balance
/// changes; returns how many.
std::uint64_t delete_foreign_messages(db::Transaction& tx, const smp::Realm& realm,
                                      std::size_t limit);

/// A table of balance changes that were received or sent.
struct History {
    const char* table;
    const char* owner; ///< column: the account whose history it is
};
[[nodiscard]] std::span<const History> histories();
/// Deletes the rows of other realms among the next `slice` rows behind the cursor, and moves the
/// cursor behind them. False at the end of the table.
bool delete_foreign_history(db::Transaction& tx, const History& history, const smp::Realm& realm,
                            std::size_t slice, Cursor& behind, std::uint64_t& deleted);
/// Their sums and parked accounts.
void delete_foreign_remains(db::Transaction& tx, const smp::Realm& realm);

} // namespace harmonia::settle::accounts
