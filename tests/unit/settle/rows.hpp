// Rows and times that the tests of procedures start from: debtor -1, sender 1, recipient 1234.
#pragma once

#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cmath>
#include <cstdint>
#include <variant>
#include <vector>

namespace harmonia::test {

inline constexpr std::int64_t k_second = 1'000'000;
inline constexpr std::int64_t k_minute = 60 * k_second;
inline constexpr std::int64_t k_hour = 60 * k_minute;
inline constexpr std::int64_t k_day = 24 * k_hour;
inline constexpr std::int64_t k_year = 31'557'600 * k_second; ///< as interest counts it
inline constexpr std::int32_t k_today = 20454;                ///< 2026-01-01
inline constexpr std::int64_t k_now = k_today * k_day + 10 * k_hour + 123'456;
inline constexpr std::int64_t k_max = smp::k_amount_max;

inline constexpr settle::accounts::AccountKey k_sender{-1, 1};
inline constexpr settle::accounts::AccountKey k_recipient{-1, 1234};
inline constexpr settle::accounts::AccountKey k_root{-1, 0};

/// Created long ago and unchanged since.
inline settle::accounts::Account old_account(settle::accounts::AccountKey key = k_sender,
                                             std::int64_t principal = 0) {
    auto account = settle::accounts::new_account(key, k_now - 1000 * k_day);
    account.last_change_ts_us = account.last_heartbeat_ts_us = k_now;
    account.principal = principal;
    return account;
}

/// The signals of one kind, in order.
template <typename Message>
std::vector<Message> signals_of(const settle::accounts::Effects& effects) {
    std::vector<Message> found;
    for (const auto& signal : effects.signals)
        if (const auto* message = std::get_if<Message>(&signal))
            found.push_back(*message);
    return found;
}

inline bool near(long double value, long double expected, long double tolerance) {
    return std::fabs(value - expected) <= tolerance;
}

} // namespace harmonia::test
