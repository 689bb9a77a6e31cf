// Balances and interest. Principals are exact 128-bit sums of 64-bit amounts; only interest is a
// real number, with a mantissa of 64 bits, kept apart so that its rounding never reaches the
// principal.
//
// A year is 31 557 600 s. Times are microseconds. Pure; any thread.
#pragma once

#include "jobs/settle/accounts/procedures/account.hpp"

#include <cstdint>
#include <string>

namespace harmonia::settle::accounts {

__extension__ typedef __int128 Int128;
[[nodiscard]] std::string to_text(Int128 value); ///< decimal digits

using Real = long double;

/// Interest is clamped to ± this, which the greatest principal reaches in 16 years at 100 %. It
/// keeps interest finite whatever the clock says.
inline constexpr Real k_interest_max = 9.999e23L;

/// The exponent per second of an annual rate in percent.
[[nodiscard]] Real growth_exponent(Real rate_percent);
/// Clamped to -MAX … MAX, so that the result can always be negated.
[[nodiscard]] std::int64_t contain(Int128 value);

/// balance(a, t) - principal: the interest up to `at_us`. 0 for a root account. A debt does not
/// grow, nor does anything before last_change_ts.
[[nodiscard]] Real accrued(const Account& account, std::int64_t at_us);
[[nodiscard]] Real balance(const Account& account, std::int64_t at_us);
/// Exactly principal + floor(accrued). An accrued amount in the range of a double is rounded to one
/// first, as when it is stored: a year's growth of 100 000 does not become 99 999.
[[nodiscard]] Int128 floor_balance(const Account& account, std::int64_t at_us);
[[nodiscard]] Int128 floor_accrued(const Account& account, std::int64_t at_us);
/// What can be locked: contain(floor(balance) - total_locked_amount); may be negative.
[[nodiscard]] std::int64_t available(const Account& account, std::int64_t at_us);
/// The lowest balance allowed: 0, or for a root account -min(limit, trunc(negligible amount)).
[[nodiscard]] std::int64_t min_balance(const Account& account);

/// The interest of `amount` on the account between `from_us` and `to_us`, assuming at most one
/// change of the rate in that time. 0 unless `from_us` is before `to_us`.
[[nodiscard]] Real due_interest(const Account& account, std::int64_t amount, std::int64_t from_us,
                                std::int64_t to_us);

/// amount ≤ limit, without rounding the amount.
[[nodiscard]] bool at_most(std::int64_t amount, float limit);

} // namespace harmonia::settle::accounts
