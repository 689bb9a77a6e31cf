// What the channels over HTTP share.
#pragma once

#include "core/net/http_client.hpp"
#include "jobs/alert/channel.hpp"

#include <chrono>
#include <string>

namespace harmonia::alert {

/// localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(const std::string& host);

/// `url` (https, or http to this machine), checked against `allowed_hosts` where that is given.
[[nodiscard]] std::string read_url(config::Reader& reader);
/// `timeout`, at most 30 s: the lease of a delivery outlasts it.
[[nodiscard]] std::chrono::milliseconds read_timeout(config::Reader& reader);
[[nodiscard]] net::HttpLimits read_limits(config::Reader& reader);
/// `headers`: a map.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_headers(config::Reader& reader);

[[nodiscard]] Result result_of(const net::HttpAnswer& answer);

/// One request a letter, all under their `Idempotency-Key`; JSON unless the request says otherwise.
class HttpSender : public Sender {
public:
    explicit HttpSender(net::HttpLimits limits) : client_(std::move(limits)) {}
    [[nodiscard]] std::vector<Result> send(std::span<const Letter> letters) final;

private:
    [[nodiscard]] virtual net::HttpRequest request(const Letter& letter) const = 0;
    [[nodiscard]] virtual Result judged(const net::HttpAnswer& answer) const {
        return result_of(answer);
    }
    net::HttpClient client_;
};

/// The body that webhooks and queues carry: version, receiver, group key, status, labels, alerts.
[[nodiscard]] std::string event_body(const Telling& telling);

} // namespace harmonia::alert
