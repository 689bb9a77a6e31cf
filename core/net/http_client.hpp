// HTTP requests through libcurl: several in parallel, with bounded waits and with certificates and
// host names verified.
//
// Redirects are not followed (a redirected POST would reach somebody else), proxies from the
// environment are not used, and only http and https are allowed. A request without a complete
// response yields an error text, not an exception: receivers in trouble are ordinary.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::net {

struct HttpRequest {
    std::string method = "POST", url, body;
    std::vector<std::pair<std::string, std::string>> headers;
};

struct HttpAnswer {
    int status = 0;        ///< 0: no complete response
    std::string body;      ///< at most HttpLimits::answer_bytes_max
    std::string error;     ///< the reason; never empty when status is 0
    int retry_after_s = 0; ///< the header Retry-After, in seconds from now; 0: none
    int duration_ms = 0;
    bool sent = true; ///< false: not tried, because the program is stopping
};

struct HttpLimits {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds total_timeout{30'000};
    std::size_t answer_bytes_max = 1U << 20U; ///< a longer response is an error …
    bool cut_long_answers = false;            ///< … unless it is cut: then its status counts
    std::chrono::seconds dns_cache{60};       ///< how long a resolved name is used
    std::size_t in_flight = 4;
    std::string ca_file; ///< CA bundle; empty: the system's
};

/// Connections are kept between calls. One thread.
class HttpClient {
public:
    explicit HttpClient(HttpLimits limits);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Sends all, `in_flight` at a time, in their order; returns the responses in the same order.
    /// When a stop is requested, those in progress are finished and the rest stay unsent.
    [[nodiscard]] std::vector<HttpAnswer> send_all(std::span<const HttpRequest> requests);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net
