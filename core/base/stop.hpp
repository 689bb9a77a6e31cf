// Clean stopping: after SIGINT or SIGTERM the work finishes or rolls back the current batch and
// ends.
#pragma once

namespace harmonia {

/// Installs handlers for SIGINT and SIGTERM; a second signal exits at once. Call once, before
/// threads.
void install_stop_handlers();

/// 0, or the number of the signal that requested a stop. Any thread.
[[nodiscard]] int stop_signal();

/// Throws Error with exit 130 or 143 when a stop was requested. Call between batches, never inside
/// one.
void throw_if_stopped();

/// Sleeps up to `milliseconds`; returns true, early, when a stop is requested.
bool sleep_unless_stopped(int milliseconds);

} // namespace harmonia
