#include "jobs/settle/accounts/procedures/arithmetic.hpp"

#include "core/smp/root_config.hpp"
#include "core/time/zone.hpp"

#include <algorithm>
#include <cmath>

namespace harmonia::settle::accounts {

namespace {

constexpr Real k_year_s = 31'557'600;
constexpr Real k_growth_max = k_interest_max; ///< of one unit; more would be clamped anyway

Real seconds(std::int64_t us) {
    return static_cast<Real>(us) / static_cast<Real>(time::k_second_us);
}

Real clamped(Real interest) {
    return std::clamp(interest, -k_interest_max, k_interest_max);
}

} // namespace

std::string to_text(Int128 value) {
    std::string digits;
    for (Int128 rest = value; rest != 0; rest /= 10) {
        const int digit = static_cast<int>(rest % 10);
        digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    }
    digits.append(value == 0 ? "0" : "").append(value < 0 ? "-" : "");
    return {digits.rbegin(), digits.rend()};
}

Real growth_exponent(Real rate_percent) {
    return std::log1p(rate_percent / 100) / k_year_s;
}

std::int64_t contain(Int128 value) {
    constexpr Int128 k_max = smp::k_amount_max;
    return static_cast<std::int64_t>(std::clamp(value, -k_max, k_max));
}

Real accrued(const Account& account, std::int64_t at_us) {
    if (account.is_root())
        return 0;
    const Real principal = static_cast<Real>(account.principal);
    const Real interest = account.interest;
    const bool grows =
        account.interest_rate != 0 && at_us > account.last_change_ts_us && principal + interest > 0;
    if (!grows)
        return interest;
    const Real exponent =
        growth_exponent(account.interest_rate) * seconds(at_us - account.last_change_ts_us);
    // Term by term: rounding at the size of the principal would swallow small interest.
    const Real growth = std::min(std::expm1(exponent), k_growth_max);
    return clamped(principal * growth + interest * growth + interest);
}

Real balance(const Account& account, std::int64_t at_us) {
    return static_cast<Real>(account.principal) + accrued(account, at_us);
}

Int128 floor_accrued(const Account& account, std::int64_t at_us) {
    constexpr Real k_double_fractions = 4'503'599'627'370'496; // 2^52: doubles above are whole
    const Real interest = accrued(account, at_us);
    const bool fits = std::fabs(interest) < k_double_fractions;
    return static_cast<Int128>(std::floor(fits ? static_cast<double>(interest) : interest));
}

Int128 floor_balance(const Account& account, std::int64_t at_us) {
    return account.principal + floor_accrued(account, at_us);
}

std::int64_t available(const Account& account, std::int64_t at_us) {
    return contain(floor_balance(account, at_us) - account.total_locked_amount);
}

std::int64_t min_balance(const Account& account) {
    if (!account.is_root())
        return 0;
    const auto config = smp::parse_root_config(account.config_data);
    const std::int64_t limit = config ? config->limit : smp::k_amount_max;
    return at_most(limit, account.negligible_amount)
               ? -limit
               : -static_cast<std::int64_t>(account.negligible_amount);
}

Real due_interest(const Account& account, std::int64_t amount, std::int64_t from_us,
                  std::int64_t to_us) {
    if (from_us >= to_us)
        return 0;
    const std::int64_t change = std::min(account.last_interest_rate_change_ts_us, to_us);
    const Real before = seconds(std::max<std::int64_t>(0, change - from_us));
    const Real after = seconds(std::min(to_us - from_us, to_us - change));
    const Real exponent = growth_exponent(account.previous_interest_rate) * before +
                          growth_exponent(account.interest_rate) * after;
    return clamped(static_cast<Real>(amount) * std::expm1(exponent));
}

bool at_most(std::int64_t amount, float limit) {
    constexpr float k_beyond = 9'223'372'036'854'775'808.0F; // 2^63
    return limit >= k_beyond ||
           (limit > -k_beyond && amount <= static_cast<std::int64_t>(std::floor(limit)));
}

} // namespace harmonia::settle::accounts
