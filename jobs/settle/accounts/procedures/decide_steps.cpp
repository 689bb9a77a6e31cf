#include "jobs/settle/accounts/procedures/decide_steps.hpp"

#include "core/smp/realm.hpp"

#include <algorithm>
#include <utility>

namespace harmonia::settle::accounts {

void Effects::clear() {
    signals.clear();
    emitted.clear();
    prepared.clear();
    finalized.clear();
    applied.clear();
    clipped.clear();
    counts = {};
}

void count_change(Account& account, std::int64_t now_us) {
    account.last_change_seqnum = smp::next_seq(account.last_change_seqnum);
    account.last_change_ts_us = std::max(account.last_change_ts_us, now_us);
}

void apply_change(Account& account, Int128 principal_delta, Real interest_delta,
                  std::int64_t now_us, Effects& effects) {
    const Real interest = accrued(account, now_us) + interest_delta;
    account.interest = static_cast<double>(std::clamp(interest, -k_interest_max, k_interest_max));
    const Int128 principal = account.principal + principal_delta;
    account.principal = contain(principal);
    if (account.principal != principal) {
        account.status_flags |= k_overflown;
        effects.clipped.push_back({account.key, principal - account.principal});
    }
    count_change(account, now_us);
    account.pending_account_update = true;
}

smp::AccountUpdate update_of(const Account& account, const Terms& terms, std::int64_t ts_us) {
    smp::AccountUpdate update;
    update.account = account.key;
    update.creation_date = account.creation_date;
    update.last_change_ts_us = account.last_change_ts_us;
    update.last_change_seqnum = account.last_change_seqnum;
    update.principal = account.principal;
    update.interest = account.interest;
    update.interest_rate = account.interest_rate;
    update.last_interest_rate_change_ts_us = account.last_interest_rate_change_ts_us;
    update.last_config_ts_us = account.last_config_ts_us;
    update.last_config_seqnum = account.last_config_seqnum;
    update.negligible_amount = account.negligible_amount;
    update.config_flags = account.config_flags;
    update.config_data = account.config_data;
    update.debtor_info = account.debtor_info;
    update.last_transfer_number = account.last_transfer_number;
    update.last_transfer_committed_at_us = account.last_transfer_committed_at_us;
    update.commit_period_s = terms.commit_period_us / time::k_second_us;
    update.ttl_s = terms.message_delay_us / time::k_second_us;
    update.ts_us = ts_us;
    return update;
}

void emit_update(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects) {
    account.last_heartbeat_ts_us = now_us;
    account.pending_account_update = false;
    effects.signals.emplace_back(update_of(account, terms, account.last_change_ts_us));
}

void emit_transfer(Account& account, Movement movement, std::int64_t now_us, Effects& effects) {
    const bool negligible = movement.coordinator_type != smp::k_agent && movement.amount > 0 &&
                            at_most(movement.amount, account.negligible_amount);
    if (account.is_root() || negligible)
        return;
    account.last_transfer_number += 1;
    account.last_transfer_committed_at_us = movement.committed_at_us;
    smp::AccountTransfer transfer;
    transfer.account = account.key;
    transfer.creation_date = account.creation_date;
    transfer.coordinator_type = movement.coordinator_type;
    transfer.transfer_number = account.last_transfer_number;
    transfer.acquired_amount = movement.amount;
    transfer.other_creditor_id = movement.other_creditor_id;
    transfer.note = std::move(movement.note);
    transfer.committed_at_us = movement.committed_at_us;
    transfer.principal = movement.principal_after;
    transfer.ts_us = now_us;
    effects.signals.emplace_back(std::move(transfer));
}

void debtor_payment(Account& account, std::string_view type, std::int64_t amount,
                    std::int64_t now_us, Effects& effects) {
    if (amount == 0 || account.is_root())
        return;
    smp::PendingBalanceChange change;
    change.account = {account.key.debtor_id, smp::k_root_creditor};
    change.other_creditor_id = account.key.creditor_id;
    change.coordinator_type = type;
    change.committed_at_us = now_us;
    change.principal_delta = -amount;
    effects.emitted.push_back(std::move(change));
    const std::int64_t after = contain(Int128{account.principal} + amount);
    emit_transfer(account, {type, smp::k_root_creditor, now_us, amount, after, {}}, now_us,
                  effects);
    const bool from_interest = type == smp::k_interest;
    apply_change(account, amount, from_interest ? -static_cast<Real>(amount) : 0, now_us, effects);
}

Account& ensure_exists(std::optional<Account>& account, const AccountKey& key, const Terms& terms,
                       std::int64_t now_us, Effects& effects) {
    if (!account) {
        account = new_account(key, now_us);
        effects.counts.created += 1;
        emit_update(*account, terms, now_us, effects);
    } else if (account->is_deleted()) {
        account->status_flags &= ~k_deleted;
        effects.counts.resurrected += 1;
        count_change(*account, now_us);
        emit_update(*account, terms, now_us, effects);
    }
    return *account;
}

} // namespace harmonia::settle::accounts
