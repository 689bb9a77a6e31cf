// Steps that several procedures are made of. Inside this folder.
#pragma once

#include "jobs/settle/accounts/decide.hpp"

#include <optional>
#include <string_view>

namespace harmonia::settle::accounts {

/// Adds to principal and interest (grown to now), and counts the change. Call also with nothing to
/// add, for a change of other announced columns.
void apply_change(Account& account, Int128 principal_delta, Real interest_delta,
                  std::int64_t now_us, Effects& effects);
/// The change counter and time, for changes that move no money.
void count_change(Account& account, std::int64_t now_us);

/// Announces the account as it is.
void emit_update(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);
[[nodiscard]] smp::AccountUpdate update_of(const Account& account, const Terms& terms,
                                           std::int64_t ts_us);

/// One movement, as its owner is told of it.
struct Movement {
    std::string_view coordinator_type;
    std::int64_t other_creditor_id = 0;
    std::int64_t committed_at_us = 0;
    std::int64_t amount = 0; ///< what this account acquires
    std::int64_t principal_after = 0;
    smp::Note note;
};
/// Nothing for a root account, nor for a negligible amount that was not sent by an agent.
void emit_transfer(Account& account, Movement movement, std::int64_t now_us, Effects& effects);

/// Between the account and its debtor's root account, without a two-phase transfer.
void debtor_payment(Account& account, std::string_view type, std::int64_t amount,
                    std::int64_t now_us, Effects& effects);

/// Creates or resurrects, and announces that. The rate and other columns of a resurrected account
/// stay.
Account& present(std::optional<Account>& account, const AccountKey& key, const Terms& terms,
                 std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts
