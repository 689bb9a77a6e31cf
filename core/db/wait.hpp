// The pause between two rounds of a command that runs with --follow.
#pragma once

#include "core/db/connection.hpp"

#include <functional>

namespace harmonia::db {

/// Waits until a notification comes on a channel that `connection` listens to, `longest` has
/// passed, a stop was asked for, or `keep_waiting`, if given, returns false (asked four times a
/// second).
void wait_for_work(Connection& connection, std::chrono::milliseconds longest,
                   const std::function<bool()>& keep_waiting = {});

} // namespace harmonia::db
