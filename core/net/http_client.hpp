// HTTP requests through libcurl: several at once, every wait bounded, certificates and host names
// verified.
//
// Redirects are not followed (a redirected POST would tell somebody else), environment proxies are
// not used, only http and https are spoken. A request that got no whole answer is an error text,
// not an exception: a receiver in trouble is ordinary.
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
    int status = 0;        ///< 0: no whole answer came
    std::string body;      ///< at most HttpLimits::answer_bytes_max
    std::string error;     ///< why none came; never empty when status is 0
    int retry_after_s = 0; ///< what that header asks for, in seconds from now; 0: nothing
    int duration_ms = 0;
    bool sent = true; ///< false: not tried, because the program was asked to stop
};

struct HttpLimits {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds total_timeout{30'000};
    std::size_t answer_bytes_max = 1U << 20U; ///< a longer answer is an error, unless it is
    bool cut_long_answers = false;            ///< cut: its status counts
    std::chrono::seconds dns_cache{60};       ///< how long a resolved name is good
    std::size_t in_flight = 4;
    std::string ca_file; ///< who may vouch for servers; empty: the system's
};

/// Connections are kept between calls. One thread.
class HttpClient {
public:
    explicit HttpClient(HttpLimits limits);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Sends all, `in_flight` at a time, in order of begin; answers in the order of the requests.
    /// When a stop is asked for, those under way are finished and the rest stay unsent.
    [[nodiscard]] std::vector<HttpAnswer> send_all(std::span<const HttpRequest> requests);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net
