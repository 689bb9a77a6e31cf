// A virtual host of the test program's own on the broker of HARMONIA_BROKER_URL, made through the
// management API (HARMONIA_BROKER_MANAGEMENT_URL) and deleted at the end.
#pragma once

#include "core/broker/client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::test {

/// Made on first use, deleted when the program ends. Throws when the broker or its API is out of
/// reach.
class BrokerHost {
public:
    static BrokerHost& instance();
    BrokerHost(const BrokerHost&) = delete;
    BrokerHost& operator=(const BrokerHost&) = delete;
    [[nodiscard]] const std::string& url() const { return url_; } ///< of the virtual host
    [[nodiscard]] int port() const;                               ///< the broker's own
    /// Short heartbeat and time-outs, so that failures are noticed within a test.
    [[nodiscard]] broker::Settings settings() const;
    /// The same host through another port (a proxy).
    [[nodiscard]] broker::Settings settings_through(int port) const;
    /// One call of the management API below /api, `%VHOST%` replaced; the answer's body.
    std::string api(const std::string& method, const std::string& path,
                    const std::string& body = {});

private:
    BrokerHost();
    ~BrokerHost();
    std::string name_, url_, management_;
};

/// A durable classic queue of a fresh name on the default exchange, gone when destroyed.
class TestQueue {
public:
    explicit TestQueue(const std::string& arguments = "{}");
    ~TestQueue();
    TestQueue(const TestQueue&) = delete;
    TestQueue& operator=(const TestQueue&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t count() const; ///< ready messages
    [[nodiscard]] std::vector<broker::Delivery> take_all() const;
    /// Publishes and waits for the confirm.
    void put(const std::string& body) const;

private:
    std::string name_;
};

/// A name that no other test of this program uses.
[[nodiscard]] std::string fresh_name(const std::string& stem);

/// A message for `queue` on the default exchange.
[[nodiscard]] broker::Message message_to(const std::string& queue, const std::string& body);

} // namespace harmonia::test
