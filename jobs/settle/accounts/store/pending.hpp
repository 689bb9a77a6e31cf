// Rows pending in the tables of the accounts area. A stage looks at them without locks (peek),
// locks their accounts, and then takes the rows. Taking deletes them: whoever takes a row first has
// it, and no decision rests on anything read before the account was locked.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/procedures/account.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// A pending row as it was seen.
struct PendingRow {
    AccountKey account;
    std::int64_t number = 0; ///< third column of its table's key
    std::string ctid;
    // of transfer requests only
    std::optional<std::int64_t> recipient; ///< empty: the request names no account
    bool within_agent = false;             ///< reachable without asking
    std::int64_t age_us = 0;
};

/// Where a pass through a table is: every row up to this key was seen.
struct Cursor {
    AccountKey account;
    std::int64_t number = 0;
    [[nodiscard]] static Cursor start();
};

/// A table of pending rows. Names are constants.
struct PendingTable {
    const char* name;
    const char* account; ///< column: debtor_id and this are the account
    const char* number;  ///< column
    const char* columns; ///< what take() returns after the account's two columns
    bool transfers = false;
};

/// At most `limit` rows behind the cursor, in key order.
[[nodiscard]] std::vector<PendingRow> peek(db::Transaction& tx, const PendingTable& table,
                                           const Cursor& behind, std::size_t limit);

/// Deletes those rows and returns their content: account, then table.columns. Rows that another
/// process took are not among them.
[[nodiscard]] db::Result take(db::Transaction& tx, const PendingTable& table,
                              std::span<const PendingRow* const> rows);

} // namespace harmonia::settle::accounts
