// Which exchanges, queues and bindings the configuration needs.
#pragma once

#include "core/broker/session.hpp"

#include <string>
#include <vector>

namespace harmonia::configure {

/// One queue that something reads or writes.
struct NeededQueue {
    std::string name, exchange; ///< a durable direct exchange, bound by the queue's name
    bool quorum = false;
    /// Where the broker puts what the queue gives up: a queue of the same type, no exchange.
    std::string dead_queue{};
};

/// Exchange, queue and binding for each, once: the contract of 2018 is a durable classic queue
/// without arguments and a durable direct exchange, both and the routing key of one name.
/// Error(config) when one queue is wanted in two ways.
[[nodiscard]] broker::Topology topology_of(const std::vector<NeededQueue>& queues);

} // namespace harmonia::configure
