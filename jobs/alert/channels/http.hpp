// What the channels that send over HTTP share.
#pragma once

#include "core/net/http_client.hpp"
#include "jobs/alert/channels/channel.hpp"

#include <chrono>
#include <string>

namespace harmonia::alert {

/// localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(const std::string& host);

/// `url` (https, or http to this machine), checked against `allowed_hosts` if that is given.
[[nodiscard]] std::string read_url(config::Reader& reader);
/// `timeout`, at most 30 s: the lease of a delivery outlasts it.
[[nodiscard]] std::chrono::milliseconds read_timeout(config::Reader& reader);
[[nodiscard]] net::HttpLimits read_limits(config::Reader& reader);
/// `headers`: a map.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_headers(config::Reader& reader);

[[nodiscard]] Result result_of(const net::HttpAnswer& answer);

/// One request a delivery, each with its `Idempotency-Key`; JSON unless the request says otherwise.
class HttpTransport : public Transport {
public:
    explicit HttpTransport(net::HttpLimits limits) : client_(std::move(limits)) {}
    [[nodiscard]] std::vector<Result> send(std::span<const Delivery> deliveries) final;

private:
    [[nodiscard]] virtual net::HttpRequest request(const Delivery& delivery) const = 0;
    [[nodiscard]] virtual Result result(const net::HttpAnswer& answer) const {
        return result_of(answer);
    }
    net::HttpClient client_;
};

/// The body that webhooks and queues carry: version, receiver, group key, status, labels, alerts.
[[nodiscard]] std::string event_body(const Json& data);

/// A payload that is only a request's body, and that body again.
[[nodiscard]] std::string body_payload(const std::string& body);
[[nodiscard]] std::string body_of(const Delivery& delivery);

} // namespace harmonia::alert
