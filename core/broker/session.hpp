// A plain synchronous connection for short work: declaring and checking topology, counting,
// fetching single messages. It has no thread and answers heartbeats only inside calls, so it is
// opened late and closed early. One thread. A channel that the broker closes (missing queue,
// mismatch) is opened again; the connection stays.
#pragma once

#include "core/broker/message.hpp"
#include "core/broker/settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::broker {

struct Exchange {
    std::string name, type = "direct";
    bool durable = true;
    std::string arguments = "{}"; ///< JSON object
};
struct Queue {
    std::string name;
    bool durable = true;
    std::string arguments = "{}"; ///< JSON object; {"x-queue-type": "quorum"}
};
struct Binding {
    std::string queue, exchange, routing_key;
    std::string arguments = "{}";
};
/// Messages of `source` with the routing key also go to the exchange `destination`.
struct ExchangeBinding {
    std::string destination, source, routing_key;
    std::string arguments = "{}";
};
struct Topology {
    std::vector<Exchange> exchanges;
    std::vector<Queue> queues;
    std::vector<Binding> bindings;
    std::vector<ExchangeBinding> exchange_bindings{};
};

/// How many items a declaration named, whether they existed before or not.
struct Declared {
    std::int64_t exchanges = 0, queues = 0, bindings = 0; ///< bindings: of exchanges too
    Declared& operator+=(const Declared& other);
};

class Session {
public:
    /// Error(unavailable), Error(permission) as in Publisher.
    explicit Session(Settings settings);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Declares all, exchanges first; repeating it changes nothing. Error(config) with the broker's
    /// own words when something of that name exists with other arguments, Error(permission) when
    /// not allowed.
    Declared declare(const Topology& topology);

    void unbind(const Binding& binding); ///< does nothing when it, its queue or exchange is missing

    /// Ready messages of a queue; empty when it does not exist.
    [[nodiscard]] std::optional<std::uint64_t> ready_count(const std::string& queue);
    /// Consumers of a queue at the moment; empty when it does not exist.
    [[nodiscard]] std::optional<std::uint64_t> consumer_count(const std::string& queue);
    /// Whether an exchange of that name exists.
    [[nodiscard]] bool exchange_exists(const std::string& name);

    /// Takes one message off the queue for good (the broker counts it acknowledged); empty: none
    /// ready. Only where losing it does no harm: tests and inspection.
    [[nodiscard]] std::optional<Delivery> get(const std::string& queue);
    std::uint64_t purge(const std::string& queue);
    void delete_queue(const std::string& queue);       ///< does nothing when it is missing
    void delete_exchange(const std::string& exchange); ///< does nothing when it is missing

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::broker
