// Balances and interest. Principals are exact 128-bit sums of 64-bit amounts; only what interest
// adds is a real number, held with a mantissa of 64 bits and kept apart from the principal, so that
// no rounding of it ever reaches the principal.
//
// A year is 31 557 600 s. Times are microseconds. Pure; any thread.
#pragma once

#include "jobs/settle/accounts/account.hpp"

#include <cstdint>
#include <string>

namespace harmonia::settle::accounts {

__extension__ typedef __int128 Int128;
[[nodiscard]] std::string to_text(Int128 value); ///< decimal

using Real = long double;

/// Interest beyond ± this is cut. From the greatest principal it takes 100 % a year for 16 years;
/// it keeps interest finite whatever the clock says.
inline constexpr Real k_interest_max = 9.999e23L;

/// The exponent per second of an annual rate in percent.
[[nodiscard]] Real growth_exponent(Real rate_percent);
/// Cut to -MAX … MAX, so that negation is always possible.
[[nodiscard]] std::int64_t contain(Int128 value);

/// balance(a, t) - principal: the interest grown to `at_us`. 0 for a root account. Debts and a
/// clock before last_change_ts do not grow.
[[nodiscard]] Real accrued(const Account& account, std::int64_t at_us);
[[nodiscard]] Real balance(const Account& account, std::int64_t at_us);
/// Exactly principal + floor(accrued). An accrued amount that a double holds is rounded to a double
/// first, as it would be when stored: a year's growth of 100 000 is not 99 999.
[[nodiscard]] Int128 floor_balance(const Account& account, std::int64_t at_us);
[[nodiscard]] Int128 floor_accrued(const Account& account, std::int64_t at_us);
/// What can be locked: contain(floor(balance) - total_locked_amount); may be negative.
[[nodiscard]] std::int64_t available(const Account& account, std::int64_t at_us);
/// How far down the balance may go: 0, or for a root account -min(limit, trunc(negligible amount)).
[[nodiscard]] std::int64_t min_balance(const Account& account);

/// What `amount` would have earned on the account between `from_us` and `to_us`, assuming at most
/// one change of the rate in that time. 0 when `from_us` is not before `to_us`.
[[nodiscard]] Real due_interest(const Account& account, std::int64_t amount, std::int64_t from_us,
                                std::int64_t to_us);

/// amount ≤ limit, without rounding the amount.
[[nodiscard]] bool at_most(std::int64_t amount, float limit);

} // namespace harmonia::settle::accounts
