// When a failed delivery is retried, when it is given up, and when a channel's circuit breaker
// opens. Pure.
#pragma once

#include "jobs/alert/channels/channel.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::alert {

inline constexpr int k_attempts_max = 12;    ///< about four hours, see wait_us()
inline constexpr int k_breaker_failures = 5; ///< transient failures in a row that open a breaker
inline constexpr std::int64_t k_breaker_us = 60'000'000;
inline constexpr std::int64_t k_retry_after_max_s = 3600; ///< no receiver can ask for a longer wait
inline constexpr std::int64_t k_lease_us =
    90'000'000; ///< three times the longest timeout of a send

/// SHA-256 over the group, the notification's number in it, the channel and the target.
[[nodiscard]] std::string idempotency_key(std::int64_t group, int number,
                                          const std::string& channel, const std::string& target);

/// The wait after attempt `n` (from 1) failed: min(3600, 15 * 2^(n-1)) seconds times 0.9 to 1.1,
/// spread by the key so that deliveries that failed together are not retried together.
[[nodiscard]] std::int64_t wait_us(const std::string& key, int n);

/// What happens to a delivery whose attempt `n` (from 1) ended in `result`.
struct RetryDecision {
    enum class Kind { sent, retry, dead } kind = Kind::sent;
    std::int64_t at_us = 0; ///< of a retry
};
[[nodiscard]] RetryDecision retry_decision(const std::string& key, int n, const Result& result,
                                           std::int64_t now_us);

/// A channel's circuit breaker: after k_breaker_failures transient failures in a row nothing is
/// sent for a minute; after that, one more failure opens it again.
struct Breaker {
    int failures = 0;
    std::optional<std::int64_t> open_until_us;
    void note(const Result& result, std::int64_t now_us);
    [[nodiscard]] bool open(std::int64_t now_us) const {
        return open_until_us && *open_until_us > now_us;
    }
};

/// The class of an SMTP reply and of an HTTP response.
[[nodiscard]] Result::Class smtp_class(int code);
[[nodiscard]] Result::Class http_class(int status);

/// The size of a text as SMS: segments of 160 (153 if there are several) characters of GSM 03.38,
/// or of 70 (67) UTF-16 units if it has other characters.
struct SmsSize {
    bool gsm = true;
    int units = 0, segments = 0;
};
[[nodiscard]] SmsSize sms_size(const std::string& text);
/// The longest prefix that fits into `segments`, with `...` if it was cut.
[[nodiscard]] std::string sms_cut(const std::string& text, int segments);

} // namespace harmonia::alert
