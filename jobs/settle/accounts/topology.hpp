// The exchanges, queues and bindings of an accounting authority, exactly as its peers expect them:
// the broker refuses an object that exists with other arguments.
//
// Topic exchanges accounts_in, to_creditors, to_debtors; the headers exchange to_coordinators,
// bound to the two before by the coordinator's type; the quorum queue of requests, bound to
// accounts_in by the realm, with its dead-letter queue `<queue>.XQ`; the quorum queue of chores.
#pragma once

#include "core/broker/session.hpp"
#include "core/config/value.hpp"

#include <functional>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

struct Subscription {
    std::string broker = "default"; ///< its name in the configuration
    std::string queue, routing_key;
    std::string dead_letter_queue_type = "quorum"; ///< or `stream`
};
struct ChoresQueue {
    std::string broker = "default", queue;
};

/// The queues that feeds of the sinks smp-accounts and smp-chores read.
struct NeededQueues {
    std::vector<Subscription> subscriptions;
    std::vector<ChoresQueue> chores;
};
[[nodiscard]] NeededQueues needed_queues(const config::Value& root);

/// Without the dead-letter queue.
[[nodiscard]] broker::Topology topology_of(const Subscription& subscription);
[[nodiscard]] broker::Queue chores_queue(const std::string& name);
[[nodiscard]] broker::Binding binding_of(const Subscription& subscription);

using BrokerOf = std::function<broker::Settings(const std::string&)>;
/// Repeating it changes nothing. An existing dead-letter queue is left as it is, whatever its type.
/// Error(config) with the broker's message when something else exists with other arguments.
broker::Declared declare(const NeededQueues& needed, const BrokerOf& broker_of);
/// Removes the bindings to accounts_in and deletes the queues of chores. The queues of requests
/// stay: their messages are still to be settled.
void unsubscribe(const NeededQueues& needed, const BrokerOf& broker_of);
/// Deletes the queues of requests; a missing one is fine. Error(try_again) while a queue holds
/// messages or has a consumer, whose unacknowledged deliveries would be lost with it.
void delete_queues(const NeededQueues& needed, const BrokerOf& broker_of);

} // namespace harmonia::settle::accounts
