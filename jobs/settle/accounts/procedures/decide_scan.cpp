#include "jobs/settle/accounts/procedures/decide_scan.hpp"

#include "core/time/civil.hpp"
#include "jobs/settle/accounts/procedures/decide_steps.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {

namespace {

constexpr std::int64_t k_purge_slack_us = 2 * k_day_us;
constexpr std::int64_t k_creation_age_us = 3 * k_day_us; ///< clocks and time zones differ
constexpr float k_always_negligible = 2.0F;

Int128 magnitude(Int128 value) {
    return value < 0 ? -value : value;
}

} // namespace

bool is_leftover(const smp::Realm& realm, const AccountKey& key) {
    return !realm.owns(key) && realm.parent().owns(key);
}

bool is_purgeable(const Account& account, const Terms& terms, std::int64_t now_us) {
    const std::int64_t silence_us =
        terms.intranet_delay_us + terms.commit_period_us + k_purge_slack_us;
    return account.is_deleted() && account.last_change_ts_us < now_us - silence_us &&
           account.creation_date < time::date_of_local(now_us - k_creation_age_us);
}

void purge(const Account& account, std::int64_t now_us, Effects& effects) {
    effects.signals.emplace_back(smp::AccountPurge{account.key, account.creation_date, now_us});
    effects.counts.purged += 1;
}

bool needs_update(const Account& account, const Terms& terms, std::int64_t now_us) {
    const std::int64_t silence_us = std::max(terms.heartbeat_us, terms.message_delay_us);
    return !account.is_deleted() &&
           (account.pending_account_update || account.last_heartbeat_ts_us < now_us - silence_us);
}

void heartbeat(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects) {
    account.last_heartbeat_ts_us = now_us;
    account.pending_account_update = false;
    effects.signals.emplace_back(
        update_of(account, terms, std::max(now_us, account.last_change_ts_us)));
    effects.counts.heartbeats += 1;
}

bool has_negligible_balance(const Account& account, std::int64_t now_us) {
    return account.is_root() ? account.principal == 0
                             : balance(account, now_us) <=
                                   std::max(account.negligible_amount, k_always_negligible);
}

bool wants_deletion(const Account& account, const Terms& terms, std::int64_t now_us) {
    return !account.is_deleted() && account.is_scheduled_for_deletion() &&
           account.last_deletion_attempt_ts_us <= now_us - terms.deletion_attempts_us &&
           has_negligible_balance(account, now_us);
}

bool wants_capitalization(const Account& account, const Terms& terms, std::int64_t now_us) {
    if (account.is_root() || account.is_deleted() ||
        account.last_interest_capitalization_ts_us > now_us - terms.capitalization_us)
        return false;
    const auto interest = static_cast<Real>(magnitude(contain(floor_accrued(account, now_us))));
    const auto principal = static_cast<Real>(magnitude(account.principal));
    return interest / (1 + principal) > terms.max_interest_to_principal;
}

bool wants_rate(const Account& account, const smp::RootConfig& root, const Terms& terms,
                std::int64_t now_us) {
    const std::int64_t wait_us = terms.message_delay_us + k_chore_age_max_us;
    return !account.is_root() && !account.is_deleted() && account.interest_rate != root.rate &&
           account.last_interest_rate_change_ts_us <= now_us - wait_us;
}

bool wants_debtor_info(const Account& account, const smp::RootConfig& root) {
    return !account.is_root() && !account.is_deleted() && account.debtor_info != root.info;
}

bool wants_reminder(const OpenTransfer& transfer, const Terms& terms, std::int64_t now_us) {
    const std::int64_t limit_us = now_us - std::max(terms.reminder_us, terms.message_delay_us);
    return transfer.prepared_at_us < limit_us &&
           (!transfer.last_reminder_ts_us || *transfer.last_reminder_ts_us < limit_us);
}

} // namespace harmonia::settle::accounts
