#include "jobs/dead_letter/load.hpp"

namespace harmonia::dead_letter {
namespace {

Letter letter_of(const db::Row& row) {
    Letter letter;
    letter.id = row.integer("id");
    letter.feed = row.text("feed");
    letter.queue = row.text("queue");
    letter.exchange = row.text("exchange");
    letter.routing_key = row.text("routing_key");
    letter.properties = row.text("properties");
    letter.code = row.text("code");
    letter.detail = row.text("detail");
    letter.state = row.text("state");
    letter.created_at = row.text("created_at");
    return letter;
}

} // namespace

// The newest `limit`, oldest of them first.
std::vector<Letter> load_list(db::Transaction& tx, const Filter& filter) {
    const db::Result rows = tx.exec(R"(
        SELECT *
        FROM (SELECT id, feed, queue, exchange, routing_key, properties, code, detail, state,
                     to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                         AS created_at
              FROM ops.dead_letter
              WHERE ($1 = '' OR feed = $1)
                AND ($2 OR state = 'open')
              ORDER BY id DESC
              LIMIT $3) d
        ORDER BY id)",
                                    filter.feed, filter.all, filter.limit);
    std::vector<Letter> letters;
    for (const db::Row row : rows)
        letters.push_back(letter_of(row));
    return letters;
}

std::vector<Letter> load(db::Transaction& tx, const std::vector<std::int64_t>& ids) {
    const db::Result rows = tx.exec(R"(
        SELECT id, feed, queue, exchange, routing_key, properties, code, detail, state,
               to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
               body
        FROM ops.dead_letter
        WHERE id = ANY($1::bigint[])
        ORDER BY id
        FOR UPDATE)",
                                    ids);
    std::vector<Letter> letters;
    for (const db::Row row : rows) {
        letters.push_back(letter_of(row));
        letters.back().body = row.bytes("body");
    }
    return letters;
}

} // namespace harmonia::dead_letter
