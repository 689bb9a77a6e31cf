// What a stage reads. A stage looks (without locks) at what waits, claims the accounts, and then
// takes the rows: taking deletes them, so whoever takes a row first has it, and what is decided
// rests on nothing that was read before the account was locked.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/account.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::settle::accounts {

/// A row that waits, as it was seen.
struct Waiting {
    AccountKey account;
    std::int64_t number = 0; ///< third column of its table's key
    std::string place;       ///< its ctid
    // of transfer requests only
    std::optional<std::int64_t> recipient; ///< empty: no account can be meant
    bool within_agent = false;             ///< reachable without asking
    std::int64_t waited_us = 0;
};

/// Where a pass through a table stands: everything up to this key was looked at.
struct Cursor {
    AccountKey account;
    std::int64_t number = 0;
    [[nodiscard]] static Cursor start();
};

/// A table where messages wait for their account. Names are constants.
struct WaitingTable {
    const char* name;
    const char* account; ///< column: debtor_id and this are the account
    const char* number;  ///< column
    const char* columns; ///< what take() returns, after the account's two columns
    bool transfers = false;
};

/// At most `limit` rows behind the cursor, in key order.
[[nodiscard]] std::vector<Waiting> look(db::Transaction& tx, const WaitingTable& table,
                                        const Cursor& behind, std::size_t limit);

/// Deletes those rows and returns their content: account, then table.columns. Rows that another
/// took are not among them.
[[nodiscard]] db::Result take(db::Transaction& tx, const WaitingTable& table,
                              std::span<const Waiting* const> rows);

/// Locks the accounts, in key order, skipping those that others hold, and returns the rows as they
/// are then, deleted ones too.
[[nodiscard]] std::vector<Account> lock_accounts(db::Transaction& tx,
                                                 std::span<const AccountKey> keys);
/// Those of `keys` that are no account at all.
[[nodiscard]] std::vector<AccountKey> missing_accounts(db::Transaction& tx,
                                                       std::span<const AccountKey> keys);

/// Column list that account_from() reads, of a table called `a`.
[[nodiscard]] const char* account_columns();
[[nodiscard]] Account account_from(const db::Result& rows, std::size_t row,
                                   std::size_t first_column = 0);

/// Open transfers by (debtor, sender, transfer id); those that are there.
[[nodiscard]] std::vector<PreparedTransfer>
open_transfers(db::Transaction& tx, std::span<const std::pair<AccountKey, std::int64_t>> transfers);
[[nodiscard]] const char* prepared_columns(); ///< of a table called `p`
[[nodiscard]] PreparedTransfer prepared_from(const db::Result& rows, std::size_t row);

/// The one instant of this transaction: its start, by the server's clock.
[[nodiscard]] std::int64_t transaction_time(db::Transaction& tx);

/// A contiguous claim is not promised: so many new change ids, each unique for ever.
[[nodiscard]] std::vector<std::int64_t> new_change_ids(db::Transaction& tx, std::size_t count);

} // namespace harmonia::settle::accounts
