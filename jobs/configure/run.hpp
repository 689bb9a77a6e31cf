// The second half of `harmonia configure`: the broker's topology. (The first is jobs/migrate.)
#pragma once

#include "core/broker/session.hpp"
#include "core/config/value.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace harmonia::configure {

/// Declares on each broker the queues of its transaction, order and label feeds (the queues of a
/// protocol and of alerts are declared by their own jobs), and on the default broker the notify
/// queue. Repeating it changes nothing. Error(config) with the broker's message when an object of
/// that name has other arguments.
broker::Declared declare(const config::Value& root,
                         const std::function<broker::Settings(const std::string&)>& broker_of);

} // namespace harmonia::configure
