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

/// The body that webhooks and queues carry: version, receiver, group key, status, labels, alerts.
[[nodiscard]] std::string event_body(const Telling& telling);

[[nodiscard]] std::string dumped(const Json& value);

} // namespace harmonia::alert
