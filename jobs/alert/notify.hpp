// Deciding about alerts that arrived, and notifying groups that are due. One worker at a time does
// this (an advisory lock of the transaction); all workers share the deliveries that result.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <string>

namespace harmonia::alert {

struct NotifyCounts {
    std::int64_t decided = 0, suppressed = 0, notifications = 0, deliveries = 0;
    bool busy = false; ///< another worker holds the lock
};

/// Everything that is pending, in transactions of some hundred alerts or groups. `flush`: groups do
/// not wait for their first notification.
NotifyCounts notify(db::Connection& connection, const Settings& settings, bool flush);

/// Stores a test message to each target of a channel; the next Sender of the channel sends it.
/// Error(usage) for an unknown channel.
void create_test_message(db::Connection& connection, const Settings& settings,
                         const std::string& channel);

} // namespace harmonia::alert
