// Between two rounds of a command that follows.
#pragma once

#include "core/db/connection.hpp"

#include <functional>

namespace harmonia::db {

/// Until a notification comes on a channel that `connection` listens to, `most` has passed, or
/// `going` says no (asked four times a second; without it: until a stop is asked for).
void wait_for_work(Connection& connection, std::chrono::milliseconds most,
                   const std::function<bool()>& going = {});

} // namespace harmonia::db
