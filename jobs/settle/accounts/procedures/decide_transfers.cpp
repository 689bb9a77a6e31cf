#include "jobs/settle/accounts/procedures/decide_transfers.hpp"

#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/procedures/decide_steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

namespace harmonia::settle::accounts {

namespace {

constexpr std::int32_t k_transfers_max = std::numeric_limits<std::int32_t>::max();

void reject(const AccountKey& sender, const Coordinator& coordinator, std::string_view code,
            std::int64_t total_locked_amount, std::int64_t now_us, Effects& effects) {
    effects.signals.emplace_back(
        smp::RejectedTransfer{sender, coordinator, code, total_locked_amount, now_us});
    effects.counts.rejected += 1;
}

/// The status code that refuses the request whatever the amount; empty: none.
std::string_view obstacle(const Account& sender, const TransferRequest& request) {
    const std::int64_t self = sender.key.creditor_id, other = request.recipient_creditor_id;
    if (request.coordinator.type == smp::k_agent && !smp::same_agent(self, other))
        return status::k_recipient_unreachable;
    if (sender.pending_transfers_count == k_transfers_max)
        return status::k_too_many_transfers;
    if (other == self)
        return status::k_recipient_is_sender;
    if (sender.last_interest_rate_change_ts_us > request.final_interest_rate_ts_us)
        return status::k_newer_interest_rate;
    return {};
}

smp::PreparedTransfer message_of(const OpenTransfer& row, std::int64_t ts_us) {
    return {.sender = row.sender,
            .transfer_id = row.transfer_id,
            .coordinator = row.coordinator,
            .locked_amount = row.locked_amount,
            .recipient_creditor_id = row.recipient_creditor_id,
            .prepared_at_us = row.prepared_at_us,
            .deadline_us = row.deadline_us,
            .final_interest_rate_ts_us = row.final_interest_rate_ts_us,
            .ts_us = ts_us};
}

void lock(Account& sender, const TransferRequest& request, std::int64_t amount, const Terms& terms,
          std::int64_t now_us, Effects& effects) {
    sender.total_locked_amount = contain(Int128{sender.total_locked_amount} + amount);
    sender.pending_transfers_count += 1;
    sender.last_transfer_id += 1;
    OpenTransfer row;
    row.sender = sender.key;
    row.transfer_id = sender.last_transfer_id;
    row.coordinator = request.coordinator;
    row.recipient_creditor_id = request.recipient_creditor_id;
    row.prepared_at_us = now_us;
    row.deadline_us = std::min(now_us + terms.commit_period_us, request.deadline_us);
    row.final_interest_rate_ts_us = request.final_interest_rate_ts_us;
    row.locked_amount = amount;
    effects.signals.emplace_back(message_of(row, now_us));
    effects.prepared.push_back(std::move(row));
    effects.counts.prepared += 1;
}

/// Whether the lock guarantees the amount although the money is gone: the guarantee shrinks with
/// time.
bool is_guaranteed(const OpenTransfer& transfer, std::int64_t amount, std::int64_t now_us) {
    const double age_s =
        static_cast<double>(std::max<std::int64_t>(0, now_us - transfer.prepared_at_us)) /
        static_cast<double>(time::k_second_us);
    const auto exponent = static_cast<double>(growth_exponent(transfer.demurrage_rate));
    return static_cast<double>(amount) <=
           static_cast<double>(transfer.locked_amount) * std::exp(exponent * age_s);
}

void unlock(Account& sender, const OpenTransfer& transfer) {
    sender.total_locked_amount =
        std::max<std::int64_t>(0, sender.total_locked_amount - transfer.locked_amount);
    sender.pending_transfers_count = std::max(0, sender.pending_transfers_count - 1);
}

void emit_finalized(const Account& sender, const OpenTransfer& transfer, std::int64_t amount,
                    std::string_view code, std::int64_t now_us, Effects& effects) {
    smp::FinalizedTransfer finalized;
    finalized.sender = sender.key;
    finalized.transfer_id = transfer.transfer_id;
    finalized.coordinator = transfer.coordinator;
    finalized.committed_amount = amount;
    finalized.total_locked_amount = sender.total_locked_amount;
    finalized.status_code = code;
    finalized.prepared_at_us = transfer.prepared_at_us;
    finalized.ts_us = now_us;
    effects.signals.emplace_back(std::move(finalized));
}

void pay(Account& sender, const OpenTransfer& transfer, const FinalizationRequest& request,
         std::int64_t principal_after, std::int64_t now_us, Effects& effects) {
    const std::int64_t amount = request.committed_amount;
    emit_transfer(sender,
                  {transfer.coordinator.type, transfer.recipient_creditor_id, now_us, -amount,
                   principal_after, request.note},
                  now_us, effects);
    smp::PendingBalanceChange change;
    change.account = {sender.key.debtor_id, transfer.recipient_creditor_id};
    change.other_creditor_id = sender.key.creditor_id;
    change.coordinator_type = transfer.coordinator.type;
    change.note = request.note;
    change.committed_at_us = now_us;
    change.principal_delta = amount;
    effects.emitted.push_back(std::move(change));
}

void count(std::string_view code, std::int64_t amount, Counts& counts) {
    (code != status::k_ok ? counts.failed : amount == 0 ? counts.dismissed : counts.committed) += 1;
}

} // namespace

Addressed address(const smp::PrepareTransfer& message) {
    const auto recipient = smp::parse_account_id(message.recipient);
    const bool known = recipient && (*recipient == smp::k_root_creditor ||
                                     message.coordinator.type == smp::k_agent);
    return {recipient, known};
}

bool is_reachable(const AccountKey& key, const Account* account) {
    return key.creditor_id == smp::k_root_creditor ||
           (account != nullptr && !account->is_deleted() && !account->is_scheduled_for_deletion());
}

TransferRequest request_of(const smp::PrepareTransfer& message, std::int64_t recipient) {
    TransferRequest request;
    request.coordinator = message.coordinator;
    request.min_locked_amount = message.min_locked_amount;
    request.max_locked_amount = message.max_locked_amount;
    request.deadline_us = std::min(message.ts_us + message.max_commit_delay_s * time::k_second_us,
                                   smp::k_end_of_time_us);
    request.final_interest_rate_ts_us = message.final_interest_rate_ts_us;
    request.recipient_creditor_id = recipient;
    return request;
}

void reject_unreachable(const smp::PrepareTransfer& message, std::int64_t now_us,
                        Effects& effects) {
    reject(message.sender, message.coordinator, status::k_recipient_unreachable, 0, now_us,
           effects);
}

bool prepare(Account* account, const AccountKey& sender, std::span<const TransferRequest> requests,
             const Terms& terms, std::int64_t now_us, Effects& effects) {
    if (account == nullptr || account->is_deleted()) {
        for (const TransferRequest& request : requests)
            reject(sender, request.coordinator, status::k_sender_unreachable, 0, now_us, effects);
        return false;
    }
    const Int128 whole = floor_balance(*account, now_us);
    const std::int64_t lowest = min_balance(*account);
    bool changed = false;
    for (const TransferRequest& request : requests) {
        std::string_view code = obstacle(*account, request);
        const Int128 free = Int128{contain(whole - account->total_locked_amount)} - lowest;
        const auto amount = static_cast<std::int64_t>(
            std::max<Int128>(0, std::min<Int128>(request.max_locked_amount, free)));
        // Checked last, so that a retry with a smaller amount does not meet another obstacle.
        if (code.empty() && amount < request.min_locked_amount)
            code = status::k_insufficient;
        if (code.empty()) {
            lock(*account, request, amount, terms, now_us, effects);
            changed = true;
        } else {
            reject(sender, request.coordinator, code, account->total_locked_amount, now_us,
                   effects);
        }
    }
    return changed;
}

std::string_view finalization_status(const Account& sender, const OpenTransfer& transfer,
                                     std::int64_t amount, Int128 spendable, std::int64_t now_us) {
    if (amount == 0)
        return status::k_ok;
    if (now_us > transfer.deadline_us)
        return status::k_timeout;
    if (sender.last_interest_rate_change_ts_us > transfer.final_interest_rate_ts_us)
        return status::k_newer_interest_rate;
    if (amount <= spendable + transfer.locked_amount)
        return status::k_ok;
    if (amount <= transfer.locked_amount &&
        (sender.is_root() || is_guaranteed(transfer, amount, now_us)))
        return status::k_ok;
    return status::k_insufficient;
}

bool finalize(Account* account, std::span<const FinalizationRequest> requests, std::int64_t now_us,
              Effects& effects) {
    if (account == nullptr || account->is_deleted()) {
        effects.counts.unmatched += static_cast<std::int64_t>(requests.size());
        return false;
    }
    const Int128 whole = floor_balance(*account, now_us);
    const std::int64_t lowest = min_balance(*account);
    Int128 delta = 0;
    bool changed = false;
    std::unordered_set<std::int64_t> done;
    for (const FinalizationRequest& request : requests) {
        const bool repeated = request.transfer && requests.size() > 1 &&
                              !done.insert(request.transfer->transfer_id).second;
        if (!request.transfer || repeated) {
            effects.counts.unmatched += 1;
            continue;
        }
        const OpenTransfer& transfer = *request.transfer;
        const Int128 spendable = whole + delta - account->total_locked_amount - lowest;
        const std::string_view code =
            finalization_status(*account, transfer, request.committed_amount, spendable, now_us);
        const std::int64_t amount = code == status::k_ok ? request.committed_amount : 0;
        unlock(*account, transfer);
        emit_finalized(*account, transfer, amount, code, now_us, effects);
        if (amount > 0) {
            delta -= amount;
            pay(*account, transfer, request, contain(account->principal + delta), now_us, effects);
        }
        effects.finalized.push_back(transfer);
        count(code, amount, effects.counts);
        changed = true;
    }
    if (delta != 0)
        apply_change(*account, delta, 0, now_us, effects);
    return changed;
}

void remind(OpenTransfer& transfer, std::int64_t now_us, Effects& effects) {
    transfer.last_reminder_ts_us = now_us;
    effects.signals.emplace_back(message_of(transfer, std::max(now_us, transfer.prepared_at_us)));
    effects.counts.reminders += 1;
}

} // namespace harmonia::settle::accounts
