// The exchanges, queues and bindings that alerts need on a broker (docs/reference/alerts.md).
//
// Ours, where alerts are published (`alerts.publish`, a channel of type queue) or a feed reads
// them: the durable topic exchange harmonia.alerts; what no queue takes goes by its alternate
// exchange, the fanout harmonia.alerts.unrouted, to the queue of that name. A feed's queue is a
// quorum queue bound by `#`; what the broker gives up after five deliveries goes by the topic
// exchange harmonia.alerts.dlx to the feed's dead queue.
//
// That of 2018, where a feed or a channel names it: dummy-exchange, topic and not durable, and
// dummy_alerts_queue, durable, bound by dummy-alerts, exactly as that service declares them. The
// exchange and its binding do not outlive the broker: `configure` declares them again.
#pragma once

#include "core/broker/session.hpp"
#include "core/config/value.hpp"

#include <functional>
#include <map>
#include <string>

namespace harmonia::alert {

inline constexpr const char* k_exchange_2018 = "dummy-exchange";
inline constexpr const char* k_routing_key_2018 = "dummy-alerts";
inline constexpr const char* k_queue_2018 = "dummy_alerts_queue";

/// What the configuration wants, by the broker's name in it.
[[nodiscard]] std::map<std::string, broker::Topology> wanted_topology(const config::Value& root);

/// Repeating it changes nothing. Error(config) with the broker's words when something is different.
broker::Declared
declare_topology(const std::map<std::string, broker::Topology>& wanted,
                 const std::function<broker::Settings(const std::string&)>& broker_of);

} // namespace harmonia::alert
