// What stages read of accounts and open transfers.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/procedures/account.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::settle::accounts {

/// Locks the accounts in key order, skipping those that others have locked, and returns the rows as
/// they are then, deleted ones too.
[[nodiscard]] std::vector<Account> lock_accounts(db::Transaction& tx,
                                                 std::span<const AccountKey> keys);
/// Those of `keys` that have no row in accounts.account.
[[nodiscard]] std::vector<AccountKey> missing_accounts(db::Transaction& tx,
                                                       std::span<const AccountKey> keys);
/// At most `limit` accounts behind a key, in key order, without locks.
[[nodiscard]] std::vector<Account> accounts_behind(db::Transaction& tx, const AccountKey& behind,
                                                   std::size_t limit);

/// Sender and transfer id.
using TransferKey = std::pair<AccountKey, std::int64_t>;
/// Open transfers by key; missing ones are left out.
[[nodiscard]] std::vector<OpenTransfer> open_transfers(db::Transaction& tx,
                                                       std::span<const TransferKey> keys);
/// At most `limit` open transfers behind a key, in key order, without locks.
[[nodiscard]] std::vector<OpenTransfer>
open_transfers_behind(db::Transaction& tx, const TransferKey& behind, std::size_t limit);

/// Indexes into `keys` of the accounts that are neither deleted nor scheduled for deletion.
[[nodiscard]] std::vector<std::size_t> load_reachable(db::Transaction& tx,
                                                      std::span<const AccountKey> keys);
/// An index into `debtors` and the configuration data of that debtor's root account; debtors
/// without one are left out.
[[nodiscard]] std::vector<std::pair<std::size_t, std::string>>
load_root_configs(db::Transaction& tx, std::span<const std::int64_t> debtors);

/// New change ids, each unique for ever; not necessarily contiguous.
[[nodiscard]] std::vector<std::int64_t> new_change_ids(db::Transaction& tx, std::size_t count);

} // namespace harmonia::settle::accounts
