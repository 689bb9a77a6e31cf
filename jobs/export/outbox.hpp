// Flushing ops.outbox: claims lanes, publishes blocks with confirms, deletes confirmed rows.
//
// While the broker confirms one block, the one before it is deleted. Rows of a key are published
// one after the other (broker::Publisher's order keys). A lost connection leaves unconfirmed rows
// where they are: they are read and sent again, byte-identical.
#pragma once

#include "core/broker/client.hpp"
#include "core/db/connection.hpp"

#include <cstdint>
#include <memory>

namespace harmonia::exporting {

struct OutboxCounts {
    std::int64_t published = 0; ///< confirmed and deleted
    std::int64_t refused = 0;   ///< nacked or returned: kept, put off
    std::int64_t busy = 0;      ///< lanes that another process holds
};

class OutboxFlusher {
public:
    /// Connects to the broker when there is something to send.
    OutboxFlusher(broker::Settings settings, std::size_t window);
    ~OutboxFlusher();
    OutboxFlusher(const OutboxFlusher&) = delete;
    OutboxFlusher& operator=(const OutboxFlusher&) = delete;

    /// Sends the rows that are in the outbox now and due; later rows are left for the next call.
    /// Stops between blocks when a stop was asked for. Error(unavailable) when the broker is out of
    /// reach.
    OutboxCounts flush(db::Connection& connection);

private:
    struct Group;
    void flush_lanes(db::Connection& connection, const std::vector<int>& lanes, std::int64_t id_max,
                     OutboxCounts& counts);
    broker::Settings settings_;
    std::size_t window_;
    std::unique_ptr<broker::Publisher> publisher_;
};

} // namespace harmonia::exporting
