#include "jobs/alert/topology.hpp"

#include "core/observe/alert_event.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/alert/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::alert {
namespace {

constexpr const char* k_default_broker = "default";
constexpr int k_delivery_limit = 5; // deliveries after which the broker gives a message up
constexpr const char* k_quorum = R"({"x-queue-type":"quorum"})";

std::string named(const char* suffix) {
    return std::string(observe::k_alert_exchange) + suffix;
}

template <typename Thing>
void add_once(std::vector<Thing>& things, Thing thing) {
    const auto same = [&](const Thing& other) { return other.name == thing.name; };
    if (std::none_of(things.begin(), things.end(), same))
        things.push_back(std::move(thing));
}

void bind(broker::Topology& topology, broker::Binding binding) {
    const auto same = [&](const broker::Binding& other) {
        return other.queue == binding.queue && other.exchange == binding.exchange;
    };
    if (std::none_of(topology.bindings.begin(), topology.bindings.end(), same))
        topology.bindings.push_back(std::move(binding));
}

void add_exchange(broker::Topology& topology) {
    const std::string unrouted = named(".unrouted");
    add_once(topology.exchanges, {.name = unrouted, .type = "fanout"});
    add_once(topology.exchanges,
             {.name = observe::k_alert_exchange,
              .type = "topic",
              .arguments = fmt::format(R"({{"alternate-exchange":"{}"}})", unrouted)});
    add_once(topology.queues, {.name = unrouted, .arguments = k_quorum});
    bind(topology, {.queue = unrouted, .exchange = unrouted, .routing_key = ""});
}

void add_2018(broker::Topology& topology, const std::string& queue) {
    add_once(topology.exchanges, {.name = k_exchange_2018, .type = "topic", .durable = false});
    add_once(topology.queues, {.name = queue});
    bind(topology, {queue, k_exchange_2018, k_routing_key_2018});
}

void add_dead_queue(broker::Topology& topology, const std::string& queue) {
    if (queue.empty())
        return;
    add_once(topology.queues, {.name = queue, .arguments = k_quorum});
}

// The names of queues come from the configuration.
void add_feed(broker::Topology& topology, const importers::SourceSpec& source) {
    add_dead_queue(topology, source.dead_queue);
    if (source.exchange == k_exchange_2018)
        return add_2018(topology, source.queue);
    add_exchange(topology);
    const std::string dlx = named(".dlx");
    add_once(topology.exchanges, {.name = dlx, .type = "topic"});
    add_once(topology.queues, {.name = source.queue,
                               .arguments = fmt::format(
                                   R"({{"x-queue-type":"quorum","x-dead-letter-exchange":"{}",)"
                                   R"("x-delivery-limit":{}}})",
                                   dlx, k_delivery_limit)});
    bind(topology, {source.queue, observe::k_alert_exchange, "#"});
    if (!source.dead_queue.empty())
        bind(topology, {source.dead_queue, dlx, "#"});
}

} // namespace

std::map<std::string, broker::Topology> wanted_topology(const config::Value& root) {
    std::map<std::string, broker::Topology> wanted;
    for (const auto& feed : importers::load_feeds(root))
        if (feed->sink == importers::k_alerts &&
            feed->source.kind == importers::SourceSpec::Kind::queue)
            add_feed(wanted[feed->source.broker], feed->source);
    const Settings settings = Settings::load(root);
    if (settings.publish)
        add_exchange(wanted[k_default_broker]);
    for (const auto& [name, channel] : settings.channels) {
        if (channel->exchange() == observe::k_alert_exchange)
            add_exchange(wanted[k_default_broker]);
        if (channel->exchange() == k_exchange_2018)
            add_2018(wanted[k_default_broker], k_queue_2018);
    }
    return wanted;
}

broker::Declared
declare_topology(const std::map<std::string, broker::Topology>& wanted,
                 const std::function<broker::Settings(const std::string&)>& broker_of) {
    broker::Declared declared;
    for (const auto& [name, topology] : wanted)
        declared += broker::Session(broker_of(name)).declare(topology);
    return declared;
}

} // namespace harmonia::alert
