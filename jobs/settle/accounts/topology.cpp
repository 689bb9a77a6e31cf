#include "jobs/settle/accounts/topology.hpp"

#include "core/base/error.hpp"
#include "core/smp/encode.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

broker::ExchangeBinding by_coordinator(std::string_view destination, std::string_view type) {
    return {std::string(destination), std::string(smp::k_to_coordinators), "",
            fmt::format(R"({{"x-match":"all","coordinator-type":"{}"}})", type)};
}

std::string dead_letters_of(const std::string& queue) {
    return queue + ".XQ";
}

} // namespace

NeededQueues needed_queues(const config::Value& root) {
    const Settings settings = read_settings(root);
    NeededQueues needed;
    for (const auto& feed : importers::load_feeds(root)) {
        const auto& source = feed->source;
        if (source.kind != importers::SourceSpec::Kind::queue)
            continue;
        if (feed->sink == "smp-accounts")
            needed.subscriptions.push_back({source.broker, source.queue, settings.realm.text(),
                                            settings.dead_letter_queue_type});
        else if (feed->sink == "smp-chores")
            needed.chores.push_back({source.broker, source.queue});
    }
    return needed;
}

broker::Binding binding_of(const Subscription& subscription) {
    return {subscription.queue, std::string(smp::k_accounts_in), subscription.routing_key};
}

broker::Topology topology_of(const Subscription& subscription) {
    broker::Topology topology;
    for (const auto exchange : {smp::k_accounts_in, smp::k_to_creditors, smp::k_to_debtors})
        topology.exchanges.push_back({.name = std::string(exchange), .type = "topic"});
    topology.exchanges.push_back({.name = std::string(smp::k_to_coordinators), .type = "headers"});
    topology.exchange_bindings = {by_coordinator(smp::k_to_creditors, smp::k_direct),
                                  by_coordinator(smp::k_to_creditors, smp::k_agent),
                                  by_coordinator(smp::k_to_debtors, smp::k_issuing)};
    topology.queues.push_back(
        {.name = subscription.queue,
         .arguments = fmt::format(
             R"({{"x-queue-type":"quorum","overflow":"reject-publish","x-dead-letter-exchange":"",)"
             R"("x-dead-letter-routing-key":"{}"}})",
             dead_letters_of(subscription.queue))});
    topology.bindings.push_back(binding_of(subscription));
    return topology;
}

broker::Queue chores_queue(const std::string& name) {
    return {.name = name, .arguments = R"({"x-queue-type":"quorum"})"};
}

broker::Declared declare(const NeededQueues& needed, const BrokerOf& broker_of) {
    broker::Declared declared;
    for (const Subscription& subscription : needed.subscriptions) {
        broker::Session session(broker_of(subscription.broker));
        broker::Topology topology = topology_of(subscription);
        const std::string dead_letters = dead_letters_of(subscription.queue);
        if (!session.ready_count(dead_letters))
            topology.queues.push_back(
                {.name = dead_letters,
                 .arguments = fmt::format(R"({{"x-queue-type":"{}"}})",
                                          subscription.dead_letter_queue_type)});
        declared += session.declare(topology);
    }
    for (const ChoresQueue& chores : needed.chores)
        declared += broker::Session(broker_of(chores.broker))
                        .declare({{}, {chores_queue(chores.queue)}, {}});
    return declared;
}

void unsubscribe(const NeededQueues& needed, const BrokerOf& broker_of) {
    for (const Subscription& subscription : needed.subscriptions)
        broker::Session(broker_of(subscription.broker)).unbind(binding_of(subscription));
    for (const ChoresQueue& chores : needed.chores)
        broker::Session(broker_of(chores.broker)).delete_queue(chores.queue);
}

void delete_queues(const NeededQueues& needed, const BrokerOf& broker_of) {
    for (const Subscription& subscription : needed.subscriptions) {
        broker::Session session(broker_of(subscription.broker));
        const std::string& queue = subscription.queue;
        const auto consumers = session.consumer_count(queue).value_or(0);
        if (consumers > 0)
            throw Error(Exit::try_again,
                        fmt::format("queue '{}' has {} consumers", queue, consumers),
                        "Stop every import of it first.");
        const auto ready = session.ready_count(queue).value_or(0);
        if (ready > 0)
            throw Error(Exit::try_again, fmt::format("queue '{}' holds {} messages", queue, ready),
                        "Remove its binding (settle unsubscribe), then import what is left.");
        session.delete_queue(queue);
    }
}

} // namespace harmonia::settle::accounts
