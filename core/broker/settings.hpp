// How to reach one RabbitMQ virtual host.
#pragma once

#include <string>

namespace harmonia::broker {

struct Settings {
    std::string url = "amqp://guest:guest@127.0.0.1:5672/%2f"; ///< amqp:// or amqps://
    std::string connection_name = "harmonia"; ///< shown by the broker's management pages
    int heartbeat_s = 30;
    int connect_timeout_ms = 5'000;
    int connect_wait_ms = 30'000; ///< total time spent on (re)connecting before Error(unavailable)
};

/// The URL as it may be shown: password as ***. Error(config) when malformed.
[[nodiscard]] std::string masked_url(const std::string& url);

} // namespace harmonia::broker
