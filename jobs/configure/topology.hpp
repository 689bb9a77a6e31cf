// Which exchanges, queues and bindings the configuration needs. Pure.
#pragma once

#include "core/broker/session.hpp"

#include <string>
#include <vector>

namespace harmonia::configure {

/// One queue that a feed reads or an export writes.
struct NeededQueue {
    std::string name, exchange; ///< a durable direct exchange, bound by the queue's name
    bool quorum = false;
    /// Where the broker puts the queue's dead letters: a queue of the same type, without an
    /// exchange.
    std::string dead_queue{};
};

/// Exchange, queue and binding for each, once. The contract of 2018 is a durable classic queue
/// without arguments and a durable direct exchange, with the queue's name as the routing key.
/// Error(config) when one queue is needed in two ways.
[[nodiscard]] broker::Topology topology_of(const std::vector<NeededQueue>& queues);

} // namespace harmonia::configure
