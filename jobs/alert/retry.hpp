// When a delivery that failed is tried again, when it is given up, and when a channel rests. Pure.
#pragma once

#include "jobs/alert/channel.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::alert {

inline constexpr int k_attempts_max = 12;    ///< four hours of trying, see wait_us()
inline constexpr int k_breaker_failures = 5; ///< transient ones in a row that open a breaker
inline constexpr std::int64_t k_breaker_us = 60'000'000;
inline constexpr std::int64_t k_retry_after_max_s = 3600; ///< no receiver makes us wait longer
inline constexpr std::int64_t k_lease_us = 90'000'000;    ///< three times what one sending may last

/// SHA-256 over group, number of the notification in it, channel and target.
[[nodiscard]] std::string idempotency_key(long long group, int number, const std::string& channel,
                                          const std::string& target);

/// After attempt `n` (from 1) failed: min(3600, 15 * 2^(n-1)) seconds times 0.9 to 1.1, spread by
/// the key so that deliveries that failed together are not tried together.
[[nodiscard]] std::int64_t wait_us(const std::string& key, int n);

/// What becomes of a delivery whose attempt `n` (from 1) came to `result`.
struct Fate {
    enum class Kind { sent, again, dead } kind = Kind::sent;
    std::int64_t when_us = 0; ///< again
};
[[nodiscard]] Fate fate(const std::string& key, int n, const Result& result, std::int64_t now_us);

/// A channel's breaker: after k_breaker_failures transient failures in a row nothing is sent for
/// a minute; then one failure more opens it again.
struct Breaker {
    int failures = 0;
    std::optional<std::int64_t> open_until_us;
    void note(const Result& result, std::int64_t now_us);
    [[nodiscard]] bool open(std::int64_t now_us) const {
        return open_until_us && *open_until_us > now_us;
    }
};

/// How SMTP and HTTP answers are classed.
[[nodiscard]] Result::Class smtp_class(int code);
[[nodiscard]] Result::Class http_class(int status);

/// How a text is carried by SMS: in segments of 160 (153 where there are several) characters of
/// GSM 03.38, or of 70 (67) UTF-16 units when it has others.
struct SmsSize {
    bool gsm = true;
    int units = 0, segments = 0;
};
[[nodiscard]] SmsSize sms_size(const std::string& text);
/// The longest beginning that fits `segments`, with `...` when it was cut.
[[nodiscard]] std::string sms_cut(const std::string& text, int segments);

} // namespace harmonia::alert
