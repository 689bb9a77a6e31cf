// Steps shared by several procedures. Inside this folder.
#pragma once

#include "jobs/settle/accounts/procedures/decide.hpp"

#include <optional>
#include <string_view>

namespace harmonia::settle::accounts {

/// Adds to principal and interest (accrued up to now), and counts the change. With zeros: for a
/// change of other announced columns.
void apply_change(Account& account, Int128 principal_delta, Real interest_delta,
                  std::int64_t now_us, Effects& effects);
/// Advances the change counter and time, for changes that move no money.
void count_change(Account& account, std::int64_t now_us);

/// Emits an AccountUpdate of the account as it is.
void emit_update(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);
[[nodiscard]] smp::AccountUpdate update_of(const Account& account, const Terms& terms,
                                           std::int64_t ts_us);

/// One movement of money, as its owner is notified of it.
struct Movement {
    std::string_view coordinator_type;
    std::int64_t other_creditor_id = 0;
    std::int64_t committed_at_us = 0;
    std::int64_t amount = 0; ///< what this account acquires
    std::int64_t principal_after = 0;
    smp::Note note;
};
/// Emits nothing for a root account, nor for a negligible amount that was not sent by an agent.
void emit_transfer(Account& account, Movement movement, std::int64_t now_us, Effects& effects);

/// A payment between the account and its debtor's root account, without a prepared transfer.
void debtor_payment(Account& account, std::string_view type, std::int64_t amount,
                    std::int64_t now_us, Effects& effects);

/// Creates a missing account or resurrects a deleted one, and announces that. A resurrected account
/// keeps its rate and other columns.
Account& ensure_exists(std::optional<Account>& account, const AccountKey& key, const Terms& terms,
                       std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
