// Two-phase transfers: from the message to the lock, from the lock to the money.
#pragma once

#include "jobs/settle/accounts/decide.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace harmonia::settle::accounts {

/// What a PrepareTransfer's recipient text means.
struct Addressed {
    std::optional<std::int64_t> recipient; ///< empty: names no account, unreachable
    bool known_reachable = false;          ///< an agent's transfer or a root account: need not ask
};
[[nodiscard]] Addressed address(const smp::PrepareTransfer& message);
/// Whether transfers to an account arrive: root always, others unless missing (nullptr), deleted or
/// scheduled for deletion.
[[nodiscard]] bool is_reachable(const AccountKey& key, const Account* account);

/// The row of a message whose recipient is reachable. The deadline is ts + max_commit_delay, at
/// most the end of time.
[[nodiscard]] TransferRequest request_of(const smp::PrepareTransfer& message,
                                         std::int64_t recipient);
/// The answer when it is not.
void reject_unreachable(const smp::PrepareTransfer& message, std::int64_t now_us, Effects& effects);

/// Decides all waiting requests of one sender, in the order given: each is prepared or rejected and
/// then gone. `account` is the sender's row or nullptr. Changes the account's lock columns
/// (total_locked_amount, pending_transfers_count, last_transfer_id) only. Returns whether it did.
bool prepare(Account* account, const AccountKey& sender, std::span<const TransferRequest> requests,
             const Terms& terms, std::int64_t now_us, Effects& effects);

/// Decides all waiting finalizations of one sender, in the order given; all are then gone. Requests
/// without a transfer, and all of a missing or deleted sender, have no effect. A second request for
/// one transfer in the batch has none either. Returns whether the account changed.
bool finalize(Account* account, std::span<const FinalizationRequest> requests, std::int64_t now_us,
              Effects& effects);

/// The outcome of one finalization (§4.6 of the protocol's reference). `spendable` is
/// floor(balance) - total locked - min balance, with this transfer still locked.
[[nodiscard]] std::string_view finalization_status(const Account& sender,
                                                   const PreparedTransfer& transfer,
                                                   std::int64_t amount, Int128 spendable,
                                                   std::int64_t now_us);

} // namespace harmonia::settle::accounts
