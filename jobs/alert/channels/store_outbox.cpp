#include "jobs/alert/channels/store_outbox.hpp"

#include "core/db/connection.hpp"

namespace harmonia::alert {

void store_outbox(db::Transaction& tx, const std::string& exchange, const std::string& routing_key,
                  const std::vector<OutboxMessage>& messages) {
    std::vector<std::string> ids, bodies;
    for (const OutboxMessage& message : messages) {
        ids.push_back(message.id);
        bodies.push_back(message.body);
    }
    tx.exec(R"(
        INSERT INTO ops.outbox
            (area, kind, key, exchange, routing_key, properties, body, mandatory)
        SELECT 'screening', 'alert', 'alert-' || $1, $1, $2,
            jsonb_build_object(
                'content_type', 'application/json',
                'delivery_mode', 2,
                'message_id', id),
            body, true
        FROM unnest($3::text[], $4::text[]) WITH ORDINALITY m(id, body, n)
        ORDER BY n
    )",
            exchange, routing_key, ids, bodies);
    tx.exec("SELECT pg_notify('harmonia_outbox', '')");
}

} // namespace harmonia::alert
