// Delivering the rows that targets are owed: files under the target's lock, HTTP requests under
// leases, queue messages through the outbox. docs/reference/exports.md says what follows a crash at
// each place.
#pragma once

#include "core/db/connection.hpp"
#include "exporters/target.hpp"

#include <cstdint>
#include <string>

namespace harmonia::exporting {

struct DeliveryCounts {
    std::int64_t delivered = 0; ///< rows that became EXPORTED
    std::int64_t put_off = 0;
    std::int64_t failed = 0; ///< rows that became EXPORT_FAILED
    std::int64_t files = 0, requests = 0;
    bool busy = false; ///< another process delivers this target's files
};

/// Delivers the rows that one target is owed now. `owner` is unique for the process (the run id).
/// Stops between batches when a stop was asked for. Error(cannot_create | io) when a file cannot be
/// written.
DeliveryCounts deliver(db::Connection& connection, const exporters::Target& target,
                       const std::string& owner);

DeliveryCounts deliver_file(db::Connection& connection, const exporters::Target& target,
                            const exporters::FileSink& sink, const std::string& owner);
DeliveryCounts deliver_http(db::Connection& connection, const exporters::Target& target,
                            const exporters::HttpSink& sink, const std::string& owner);
DeliveryCounts deliver_queue(db::Connection& connection, const exporters::Target& target,
                             const exporters::QueueSink& sink, const std::string& owner);

} // namespace harmonia::exporting
