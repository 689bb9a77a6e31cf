// `harmonia configure`, its second half: the broker's topology. (The first is jobs/migrate.)
#pragma once

#include "core/broker/session.hpp"
#include "core/config/value.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace harmonia::configure {

/// Declares on each broker the queues of its feeds of transactions (a protocol's queues, and those
/// of alerts, are declared by the job that speaks it), and on the default one the notify queue.
/// Repeating it changes nothing. Error(config) with the broker's words when something of that name
/// is different.
broker::Declared declare(const config::Value& root,
                         const std::function<broker::Settings(const std::string&)>& broker_of);

} // namespace harmonia::configure
