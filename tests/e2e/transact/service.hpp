// `serve --api transact` over an installation that imports orders.
#pragma once

#include "tests/db/orders/till.hpp"
#include "tests/support/ports.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <map>
#include <optional>
#include <string>

namespace harmonia::test {

class Service {
public:
    Service() { start(); }
    /// `environment`: for instance the file of its failpoints.
    void start(const std::map<std::string, std::string>& environment = {}) {
        Launch launch = till.launch({"serve", "--api", "transact"}, environment);
        launch.environment["HARMONIA_SERVE_TRANSACT_LISTEN"] = fmt::format("127.0.0.1:{}", port);
        server.emplace(launch);
        wait_until_listening(port);
    }
    /// The whole answer; empty when the service died.
    [[nodiscard]] std::string post(const std::string& path, const std::string& body,
                                   const std::string& header = {}) const {
        return RawClient(port).ask(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                               "application/json\r\n{}Content-Length: {}\r\n\r\n{}",
                                               path, header, body.size(), body));
    }

    Till till;
    int port = free_port();
    std::optional<Running> server;
};

/// A request body of the original's readme.
inline std::string readme_body(const std::string& card, const std::string& method,
                               const std::string& type) {
    return fmt::format(
        "{{ \"order\": {{ \"id\": 12345, \"name\": \"order_1\", \"cost\": 123.00, "
        "\"currency\": \"INR\" }}, \"paymentMethod\": \"{1}\", \"payment\": {{ \"card\": {0}, "
        "\"type\": \"{2}\", \"amount\": 123.00, \"currency\": \"INR\" }} }}",
        card, method, type);
}

inline nlohmann::json json_of(const std::string& answer) {
    return nlohmann::json::parse(body_of(answer));
}

} // namespace harmonia::test
