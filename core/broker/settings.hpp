// How to reach one RabbitMQ virtual host.
#pragma once

#include <string>

namespace harmonia::broker {

struct Settings {
    std::string url = "amqp://guest:guest@127.0.0.1:5672/%2f"; ///< amqp:// or amqps://
    std::string password;                                      ///< replaces the URL's where set
    std::string connection_name = "harmonia"; ///< shown by the broker's management pages
    int heartbeat_s = 30;
    int connect_timeout_ms = 5'000;
    int connect_wait_ms = 30'000; ///< total time spent on (re)connecting before Error(unavailable)
    /// amqps: the CA bundle that verifies the broker; its certificate must name the URL's host.
    std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
};

/// A URL's parts: `amqp[s]://[user[:password]@]host[:port][/vhost]`, percent-decoded. An absent
/// virtual host is `/`, an absent user or password guest.
struct Endpoint {
    bool tls = false;
    std::string host, user, password, vhost;
    int port = 5672;
    [[nodiscard]] std::string text() const; ///< `host:port/vhost`, for messages to people
};

/// Error(config) when malformed; the error shows no password.
[[nodiscard]] Endpoint parse_url(const std::string& url);

/// The URL as it may be shown: password as ***. Error(config) when malformed.
[[nodiscard]] std::string masked_url(const std::string& url);

} // namespace harmonia::broker
