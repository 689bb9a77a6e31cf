// Messages of queue channels on their way to the broker. The caller commits.
#pragma once

#include <string>
#include <vector>

namespace harmonia::db {
class Transaction;
}

namespace harmonia::alert {

struct OutboxMessage {
    std::string id, body;
};

/// Adds the messages to ops.outbox in their order and wakes the exporter. They are mandatory: one
/// that no queue takes is an error.
void store_outbox(db::Transaction& tx, const std::string& exchange, const std::string& routing_key,
                  const std::vector<OutboxMessage>& messages);

} // namespace harmonia::alert
