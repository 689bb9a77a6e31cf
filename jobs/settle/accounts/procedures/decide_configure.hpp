// Configuring accounts, and what a debtor's root configuration changes in them.
#pragma once

#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cstdint>
#include <optional>

namespace harmonia::settle::accounts {

enum class Configured : std::uint8_t {
    ignored,  ///< outdated: no effect
    rejected, ///< RejectedConfig, nothing changed
    applied,
    created,     ///< rate and debtor info of the debtor's root configuration are due now,
    resurrected, ///< for both, unless the account is the root
};

/// `account` is the row, deleted or not, or empty; a missing one is created. Call it once a
/// message, in the order of (ts, seqnum).
Configured configure(std::optional<Account>& account, const smp::ConfigureAccount& message,
                     const Terms& terms, std::int64_t now_us, Effects& effects);

/// Sets the interest rate (clamped), or the debtor info, that was requested at `requested_us`. Each
/// returns whether the account changed. Deleted and root accounts never change.
bool change_rate(Account& account, double rate, std::int64_t requested_us, const Terms& terms,
                 std::int64_t now_us, Effects& effects);
bool update_debtor_info(Account& account, const smp::DebtorInfo& info, std::int64_t requested_us,
                        const Terms& terms, std::int64_t now_us, Effects& effects);
/// Both, for a new account and in a scan.
bool follow_root(Account& account, const smp::RootConfig& root, const Terms& terms,
                 std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
