#include "jobs/settle/accounts/procedures/decide_configure.hpp"

#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/procedures/decide_steps.hpp"

#include <algorithm>
#include <cmath>

namespace harmonia::settle::accounts {

namespace {

bool is_newer(const smp::ConfigureAccount& message, const Account& account) {
    if (message.ts_us != account.last_config_ts_us)
        return message.ts_us > account.last_config_ts_us;
    return smp::later_seq(message.seqnum, account.last_config_seqnum);
}

bool is_valid(const smp::ConfigureAccount& message) {
    const bool root = message.account.creditor_id == smp::k_root_creditor;
    return message.negligible_amount >= 0 &&
           (message.config_data.empty() || (root && smp::parse_root_config(message.config_data)));
}

void reject(const smp::ConfigureAccount& message, std::int64_t now_us, Effects& effects) {
    smp::RejectedConfig rejected;
    rejected.account = message.account;
    rejected.config_ts_us = message.ts_us;
    rejected.config_seqnum = message.seqnum;
    rejected.negligible_amount = message.negligible_amount;
    rejected.config_flags = message.config_flags;
    rejected.config_data = message.config_data;
    rejected.rejection_code = k_invalid_configuration;
    rejected.ts_us = now_us;
    effects.signals.emplace_back(std::move(rejected));
    effects.counts.configs_rejected += 1;
}

/// So old that what it asks for may have changed since.
bool is_stale(std::int64_t requested_us, std::int64_t now_us) {
    return now_us - requested_us > k_chore_age_max_us;
}

} // namespace

Configured configure(std::optional<Account>& account, const smp::ConfigureAccount& message,
                     const Terms& terms, std::int64_t now_us, Effects& effects) {
    const bool outdated =
        account ? !is_newer(message, *account) : now_us - message.ts_us > terms.message_delay_us;
    if (outdated) {
        effects.counts.configs_ignored += 1;
        return Configured::ignored;
    }
    if (!is_valid(message)) {
        reject(message, now_us, effects);
        return Configured::rejected;
    }
    Configured outcome = Configured::applied;
    if (!account) {
        account = new_account(message.account, now_us);
        outcome = Configured::created;
        effects.counts.created += 1;
    } else if (account->is_deleted()) {
        account->status_flags &= ~k_deleted;
        outcome = Configured::resurrected;
        effects.counts.resurrected += 1;
    }
    account->config_flags = message.config_flags;
    account->config_data = message.config_data;
    account->negligible_amount = message.negligible_amount;
    account->last_config_ts_us = message.ts_us;
    account->last_config_seqnum = message.seqnum;
    apply_change(*account, 0, 0, now_us, effects);
    emit_update(*account, terms, now_us, effects);
    effects.counts.configured += 1;
    return outcome;
}

bool change_rate(Account& account, double rate, std::int64_t requested_us, const Terms& terms,
                 std::int64_t now_us, Effects& effects) {
    if (account.is_root() || account.is_deleted() || is_stale(requested_us, now_us) ||
        std::isnan(rate))
        return false;
    // In single precision, as it is stored: otherwise a rate would never equal its target.
    const float wanted =
        static_cast<float>(std::clamp<double>(rate, smp::k_rate_min, smp::k_rate_max));
    const std::int64_t wait_us = terms.message_delay_us + k_chore_age_max_us;
    if (wanted == account.interest_rate ||
        now_us - account.last_interest_rate_change_ts_us < wait_us)
        return false;
    account.interest = static_cast<double>(accrued(account, now_us));
    account.previous_interest_rate = account.interest_rate;
    account.interest_rate = wanted;
    account.last_interest_rate_change_ts_us = now_us;
    count_change(account, now_us);
    emit_update(account, terms, now_us, effects);
    effects.counts.rates_changed += 1;
    return true;
}

bool update_debtor_info(Account& account, const smp::DebtorInfo& info, std::int64_t requested_us,
                        const Terms& terms, std::int64_t now_us, Effects& effects) {
    if (account.is_root() || account.is_deleted() || is_stale(requested_us, now_us) ||
        info == account.debtor_info)
        return false;
    account.debtor_info = info;
    count_change(account, now_us);
    emit_update(account, terms, now_us, effects);
    effects.counts.infos_changed += 1;
    return true;
}

bool follow_root(Account& account, const smp::RootConfig& root, const Terms& terms,
                 std::int64_t now_us, Effects& effects) {
    const bool rate = change_rate(account, root.rate, now_us, terms, now_us, effects);
    const bool info = update_debtor_info(account, root.info, now_us, terms, now_us, effects);
    return rate || info;
}

} // namespace harmonia::settle::accounts
