#include "jobs/settle/accounts/procedures/decide_changes.hpp"

#include "jobs/settle/accounts/procedures/decide_scan.hpp"
#include "jobs/settle/accounts/procedures/decide_steps.hpp"

namespace harmonia::settle::accounts {

bool is_remembered(const smp::PendingBalanceChange& change, std::int64_t archive_threshold_us) {
    return change.committed_at_us >= archive_threshold_us;
}

void apply_balance_changes(std::optional<Account>& row, const AccountKey& key,
                           std::span<const smp::PendingBalanceChange> changes, const Terms& terms,
                           std::int64_t now_us, Effects& effects) {
    if (changes.empty())
        return;
    Account& account = ensure_exists(row, key, terms, now_us, effects);
    Int128 principal_delta = 0;
    Real interest_delta = 0;
    for (const smp::PendingBalanceChange& change : changes) {
        principal_delta += change.principal_delta;
        // The interest since the change was committed elsewhere.
        interest_delta +=
            due_interest(account, change.principal_delta, change.committed_at_us, now_us);
        emit_transfer(account,
                      {change.coordinator_type, change.other_creditor_id, change.committed_at_us,
                       change.principal_delta, contain(account.principal + principal_delta),
                       change.note},
                      now_us, effects);
        effects.applied.push_back({key.debtor_id, change.other_creditor_id, change.change_id});
        effects.counts.changes_applied += 1;
    }
    apply_change(account, principal_delta, interest_delta, now_us, effects);
}

bool capitalize(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects) {
    if (account.is_root() || account.is_deleted() ||
        account.last_interest_capitalization_ts_us > now_us - terms.capitalization_us)
        return false;
    const std::int64_t amount = contain(floor_accrued(account, now_us));
    if (amount == 0)
        return false;
    account.last_interest_capitalization_ts_us = now_us;
    debtor_payment(account, smp::k_interest, amount, now_us, effects);
    effects.counts.capitalized += 1;
    return true;
}

Deletion try_to_delete(Account& account, const Terms& terms, std::int64_t now_us,
                       Effects& effects) {
    if (account.is_deleted())
        return Deletion::absent;
    account.last_deletion_attempt_ts_us = now_us;
    if (!account.is_scheduled_for_deletion() || account.pending_transfers_count != 0 ||
        !has_negligible_balance(account, now_us))
        return Deletion::kept;
    effects.counts.deleted += 1;
    effects.counts.deleted_in_debt += account.principal < 0 ? 1 : 0;
    debtor_payment(account, smp::k_delete, -account.principal, now_us, effects);
    account.principal = 0;
    account.interest = 0;
    account.total_locked_amount = 0;
    account.status_flags |= k_deleted;
    count_change(account, now_us);
    emit_update(account, terms, now_us, effects);
    return Deletion::deleted;
}

} // namespace harmonia::settle::accounts
