// Clean stopping: SIGINT and SIGTERM ask, the work finishes or rolls back the batch at hand and
// ends.
#pragma once

namespace harmonia {

/// Installs handlers for SIGINT and SIGTERM; a second signal exits at once. Call once, before
/// threads.
void install_stop_handlers();

/// 0, or the number of the signal that asked to stop. Any thread.
[[nodiscard]] int stop_signal();

/// Throws Error with exit 130 or 143 when a stop was asked for. Call between batches, never inside
/// one.
void throw_if_stopped();

/// Sleeps up to `milliseconds`, returning early (true) when a stop is asked for.
bool sleep_unless_stopped(int milliseconds);

} // namespace harmonia
