// Two-phase transfers: from the message to the lock, from the lock to the money.
#pragma once

#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace harmonia::settle::accounts {

/// What a PrepareTransfer's recipient string means.
struct Addressed {
    std::optional<std::int64_t> recipient; ///< empty: it names no account
    bool known_reachable = false;          ///< an agent's transfer or a root account
};
[[nodiscard]] Addressed address(const smp::PrepareTransfer& message);
/// Whether transfers to an account arrive: a root account's always; others' unless the account is
/// missing (nullptr), deleted or scheduled for deletion.
[[nodiscard]] bool is_reachable(const AccountKey& key, const Account* account);

/// The request in a message whose recipient is reachable. The deadline is ts + max_commit_delay, at
/// most the end of time.
[[nodiscard]] TransferRequest request_of(const smp::PrepareTransfer& message,
                                         std::int64_t recipient);
/// The reply when the recipient is not reachable.
void reject_unreachable(const smp::PrepareTransfer& message, std::int64_t now_us, Effects& effects);

/// Decides all pending requests of one sender, in the order given: each is prepared or rejected.
/// `account` is the sender's row or nullptr; only its lock columns change (total_locked_amount,
/// pending_transfers_count, last_transfer_id). Returns whether they did.
bool prepare(Account* account, const AccountKey& sender, std::span<const TransferRequest> requests,
             const Terms& terms, std::int64_t now_us, Effects& effects);

/// Decides all pending finalizations of one sender, in the order given. Without effect are requests
/// without a transfer, a second request for the same transfer in the batch, and all requests of a
/// missing or deleted sender. Returns whether the account changed.
bool finalize(Account* account, std::span<const FinalizationRequest> requests, std::int64_t now_us,
              Effects& effects);

/// The outcome of one finalization (§4.6 of the protocol's reference). `spendable` is
/// floor(balance) - total locked - min balance, with this transfer still locked.
[[nodiscard]] std::string_view finalization_status(const Account& sender,
                                                   const OpenTransfer& transfer,
                                                   std::int64_t amount, Int128 spendable,
                                                   std::int64_t now_us);

/// Repeats the message about a transfer that wants_reminder().
void remind(OpenTransfer& transfer, std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
