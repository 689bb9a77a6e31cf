// Changes of one account's money that need no preparation: balance changes that another account has
// undergone already, capitalization of interest, deletion.
#pragma once

#include "jobs/settle/accounts/decide.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace harmonia::settle::accounts {

/// Whether a message's change is newer than the archive of registrations reaches back; others are
/// dropped in silence.
[[nodiscard]] bool is_remembered(const smp::PendingBalanceChange& change,
                                 std::int64_t archive_threshold_us);

/// Applies all pending changes of one account, in the order given (sums of interest depend on it in
/// the last bit, transfer numbers wholly: order them by content). A missing account is made, a
/// deleted one resurrected. Does nothing without changes.
void apply_balance_changes(std::optional<Account>& account, const AccountKey& key,
                           std::span<const smp::PendingBalanceChange> changes, const Terms& terms,
                           std::int64_t now_us, Effects& effects);

/// Moves whole units of interest into the principal; returns whether it did. Not more often than
/// once in terms.capitalization_us.
bool capitalize(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

/// Marks the account deleted if it is scheduled for that, has no open transfers and no more than a
/// negligible balance, which goes to the root account. Notes the attempt in any case; a deleted
/// account is left alone.
enum class Deletion : std::uint8_t { absent, kept, deleted };
Deletion try_to_delete(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
