#include "jobs/configure/topology.hpp"

#include "core/base/error.hpp"

#include <map>
#include <set>

namespace harmonia::configure {

broker::Topology topology_of(const std::vector<NeededQueue>& queues) {
    broker::Topology topology;
    std::map<std::string, bool> quorum_of;
    std::set<std::string> exchanges;
    std::set<std::pair<std::string, std::string>> bindings;
    for (const auto& queue : queues) {
        const auto [known, fresh] = quorum_of.emplace(queue.name, queue.quorum);
        if (known->second != queue.quorum)
            throw Error(Exit::config,
                        "queue '" + queue.name + "' is declared both classic and quorum",
                        "Give every feed that reads it the same source.type.");
        if (fresh)
            topology.queues.push_back(
                {.name = queue.name,
                 .durable = true,
                 .arguments = queue.quorum ? R"({"x-queue-type":"quorum"})" : "{}"});
        if (exchanges.insert(queue.exchange).second)
            topology.exchanges.push_back({.name = queue.exchange});
        if (bindings.emplace(queue.name, queue.exchange).second)
            topology.bindings.push_back(
                {.queue = queue.name, .exchange = queue.exchange, .routing_key = queue.name});
    }
    return topology;
}

} // namespace harmonia::configure
