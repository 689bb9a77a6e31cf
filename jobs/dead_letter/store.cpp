#include "jobs/dead_letter/store.hpp"

namespace harmonia::dead_letter {

void store_replay(db::Transaction& tx, const Replay& replay, const std::string& body) {
    tx.exec(R"(
        INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, headers, body)
        VALUES ('ops', 'dead-letter', $1, '', $2, $3::jsonb, $4::jsonb, $5))",
            replay.key, replay.routing_key, replay.properties, replay.headers, body);
}

std::size_t mark(db::Transaction& tx, const std::vector<std::int64_t>& ids,
                 const std::string& state) {
    const db::Result marked = tx.exec(R"(
        UPDATE ops.dead_letter
        SET state = $2
        WHERE id = ANY($1::bigint[])
          AND state = 'open')",
                                      ids, state);
    return marked.affected();
}

void notify_outbox(db::Transaction& tx) {
    tx.exec("NOTIFY harmonia_outbox");
}

} // namespace harmonia::dead_letter
