// Deciding about alerts that came, and telling groups whose time has come. One worker at a time
// does it (an advisory lock of the transaction); the deliveries that come of it are shared by all.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <string>

namespace harmonia::alert {

struct TellCounts {
    std::int64_t decided = 0, suppressed = 0, notifications = 0, deliveries = 0;
    bool busy = false; ///< another worker is at it
};

/// All that waits, in transactions of some hundred alerts or groups. `hurry`: groups do not wait
/// for their first notification.
TellCounts tell(db::Connection& connection, const Settings& settings, bool hurry);

/// Writes down a test message to each target of a channel; whoever sends next sends it.
/// Error(usage) when there is no such channel.
void tell_test(db::Connection& connection, const Settings& settings, const std::string& channel);

} // namespace harmonia::alert
