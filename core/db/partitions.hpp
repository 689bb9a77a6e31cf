// Tables cut by time: made ahead of need, dropped by retention. Which tables, and how, is in
// ops.partition_policy. There is no default partition: a row without one is an error seen at once,
// and making one never scans another.
//
// A partition is named after its table and first day (UTC): ops.job_run_y2026m11 (month),
// harmonia.import_record_y2026w47 (ISO week, from Monday), x_y2026d1121 (day).
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::db {

/// Makes what is missing of [now, now + ahead] of every policy, each partition in a transaction of
/// its own that does not block readers or writers of the table. Harmless beside a second copy; one
/// query when nothing is missing. Returns the names made. Failure(77) when the role may not create
/// tables.
std::vector<std::string> ensure_partitions(Connection& connection);

struct Partition {
    std::string parent; ///< schema.table
    std::string name;   ///< schema.table
    std::string from;   ///< first instant, as timestamptz text; empty when detached already
    std::string to;     ///< first instant after it
    bool attached = true;
    std::int64_t bytes = 0; ///< on disk, with indexes
};

/// Partitions of `parent` that end at or before `older_than` (any timestamptz text), oldest first.
/// Also those that an earlier drop_partition() detached but was killed before it dropped them.
[[nodiscard]] std::vector<Partition>
old_partitions(Connection& connection, const std::string& parent, const std::string& older_than);

/// Detaches and then drops, in two transactions. Detaching needs the whole table for an instant: it
/// waits 2 s at most and then throws Failure(75), so that nobody queues behind it for long.
void drop_partition(Connection& connection, const Partition& partition);

} // namespace harmonia::db
