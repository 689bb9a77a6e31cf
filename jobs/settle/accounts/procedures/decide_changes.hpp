// Changes of one account's money without a prepared transfer: balance changes whose other side is
// already booked, capitalization of interest, deletion.
#pragma once

#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace harmonia::settle::accounts {

/// Whether a change is recent enough to be looked up among the registrations; older ones are
/// dropped without a trace.
[[nodiscard]] bool is_remembered(const smp::PendingBalanceChange& change,
                                 std::int64_t archive_threshold_us);

/// Applies all pending changes of one account, in the order given. Order them by content: transfer
/// numbers, and the last bit of the interest, depend on it. A missing account is created, a deleted
/// one resurrected. Does nothing without changes.
void apply_balance_changes(std::optional<Account>& account, const AccountKey& key,
                           std::span<const smp::PendingBalanceChange> changes, const Terms& terms,
                           std::int64_t now_us, Effects& effects);

/// Moves whole units of interest into the principal; returns whether it did. Not more often than
/// once in terms.capitalization_us.
bool capitalize(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

/// Marks the account deleted if it is scheduled for deletion, has no open transfers and at most a
/// negligible balance, which goes to the root account. Records the attempt in any case; a deleted
/// account is left alone.
enum class Deletion : std::uint8_t { absent, kept, deleted };
Deletion try_to_delete(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
