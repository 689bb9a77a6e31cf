#include "jobs/configure/topology.hpp"

#include "core/base/error.hpp"

#include <map>
#include <set>

namespace harmonia::configure {
namespace {

// Queue names are not escaped: they come from the configuration.
std::string arguments_of(const NeededQueue& queue) {
    std::string text = queue.quorum ? R"("x-queue-type":"quorum")" : "";
    if (!queue.dead_queue.empty())
        text += std::string(text.empty() ? "" : ",") +
                R"("x-dead-letter-exchange":"","x-dead-letter-routing-key":")" + queue.dead_queue +
                '"';
    return "{" + text + "}";
}

} // namespace

broker::Topology topology_of(const std::vector<NeededQueue>& queues) {
    broker::Topology topology;
    std::map<std::string, bool> quorum_of;
    std::set<std::string> exchanges;
    std::set<std::pair<std::string, std::string>> bindings;
    for (const auto& queue : queues) {
        const auto [known, fresh] = quorum_of.emplace(queue.name, queue.quorum);
        if (known->second != queue.quorum)
            throw Error(Exit::config,
                        "queue '" + queue.name + "' is declared both as classic and as quorum",
                        "Give all feeds that read it the same source.type.");
        if (fresh)
            topology.queues.push_back(
                {.name = queue.name, .durable = true, .arguments = arguments_of(queue)});
        if (!queue.dead_queue.empty() && quorum_of.emplace(queue.dead_queue, queue.quorum).second)
            topology.queues.push_back({.name = queue.dead_queue,
                                       .durable = true,
                                       .arguments = arguments_of({.name = queue.dead_queue,
                                                                  .exchange = {},
                                                                  .quorum = queue.quorum,
                                                                  .dead_queue = {}})});
        if (exchanges.insert(queue.exchange).second)
            topology.exchanges.push_back({.name = queue.exchange});
        if (bindings.emplace(queue.name, queue.exchange).second)
            topology.bindings.push_back(
                {.queue = queue.name, .exchange = queue.exchange, .routing_key = queue.name});
    }
    return topology;
}

} // namespace harmonia::configure
