#include "jobs/configure/run.hpp"

#include "core/config/config.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/configure/topology.hpp"

#include <map>
#include <vector>

namespace harmonia::configure {
namespace {

constexpr const char* k_default_broker = "default";
/// Where `screen` publishes its verdicts (screening.publish); subscribers bind their own queues.
constexpr const char* k_verdicts = "harmonia.txn.out";

std::map<std::string, std::vector<NeededQueue>> needed(const config::Value& root) {
    std::map<std::string, std::vector<NeededQueue>> by_broker;
    for (const auto& feed : importers::load_feeds(root)) {
        const auto& source = feed->source;
        if (source.kind == importers::SourceSpec::Kind::queue &&
            (feed->sink == importers::k_transactions || feed->sink == importers::k_orders ||
             feed->sink == importers::k_labels))
            by_broker[source.broker].push_back(
                {source.queue, source.exchange, source.queue_type == "quorum", source.dead_queue});
    }
    const auto notify = config::lookup(root, "export.notify_queue");
    if (notify && notify->kind() == config::Value::Kind::scalar && !notify->as_text().empty())
        by_broker[k_default_broker].push_back({notify->as_text(), notify->as_text(), false, {}});
    return by_broker;
}

} // namespace

broker::Declared declare(const config::Value& root,
                         const std::function<broker::Settings(const std::string&)>& broker_of) {
    broker::Declared declared;
    for (const auto& [name, queues] : needed(root))
        declared += broker::Session(broker_of(name)).declare(topology_of(queues));
    const auto publish = config::lookup(root, "screening.publish");
    if (publish && publish->as_boolean())
        declared +=
            broker::Session(broker_of(k_default_broker)).declare({{{k_verdicts, "topic"}}, {}, {}});
    return declared;
}

} // namespace harmonia::configure
