// The exchanges, queues and bindings that alerts need on a broker (docs/reference/alerts.md).
//
// Where alerts are published (`alerts.publish`, a channel of type queue) or a feed reads them: the
// durable topic exchange harmonia.alerts. Messages that no queue takes go through its alternate
// exchange, the fanout harmonia.alerts.unrouted, to the queue of that name. A feed's queue is a
// quorum queue bound by `#`; messages that the broker gives up after five deliveries go through the
// topic exchange harmonia.alerts.dlx to the feed's dead queue.
//
// Where a feed or a channel names it, the topology of 2018: dummy-exchange, topic and not durable,
// and dummy_alerts_queue, durable, bound by dummy-alerts, exactly as that service declares them.
// The exchange and its binding do not survive a restart of the broker: `configure` declares them
// again.
#pragma once

#include "core/broker/session.hpp"
#include "core/config/value.hpp"
#include "jobs/alert/channels/queue_2018.hpp"

#include <functional>
#include <map>
#include <string>

namespace harmonia::alert {

/// The topology that the configuration needs, by the name of the broker.
[[nodiscard]] std::map<std::string, broker::Topology> wanted_topology(const config::Value& root);

/// Idempotent. Error(config) with the broker's message when something exists in a different form.
broker::Declared
declare_topology(const std::map<std::string, broker::Topology>& wanted,
                 const std::function<broker::Settings(const std::string&)>& broker_of);

} // namespace harmonia::alert
