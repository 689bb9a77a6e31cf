#include "jobs/dead_letter/load.hpp"

#include "core/base/error.hpp"
#include "core/base/hash.hpp"

namespace harmonia::dead_letter {
namespace {

constexpr const char* k_columns =
    "SELECT id, feed, queue, exchange, routing_key, properties, code, detail, state,"
    " to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

Letter letter_of(const db::Result& rows, std::size_t i) {
    const auto text = [&](std::size_t column) { return std::string(rows.text(i, column)); };
    Letter letter;
    letter.id = rows.integer(i, 0);
    letter.feed = text(1);
    letter.queue = text(2);
    letter.exchange = text(3);
    letter.routing_key = text(4);
    letter.properties = text(5);
    letter.code = text(6);
    letter.detail = text(7);
    letter.state = text(8);
    letter.created_at = text(9);
    return letter;
}

} // namespace

std::vector<Letter> load_list(db::Transaction& tx, const Filter& filter) {
    const auto rows = tx.exec(std::string("SELECT * FROM (") + k_columns +
                                  " FROM ops.dead_letter WHERE ($1 = '' OR feed = $1)"
                                  " AND ($2 OR state = 'open') ORDER BY id DESC LIMIT $3) d"
                                  " ORDER BY id",
                              filter.feed, filter.all, filter.limit);
    std::vector<Letter> letters;
    for (std::size_t i = 0; i < rows.size(); ++i)
        letters.push_back(letter_of(rows, i));
    return letters;
}

std::vector<Letter> load(db::Transaction& tx, const std::vector<long long>& ids) {
    const auto rows =
        tx.exec(std::string(k_columns) + ", encode(body, 'hex') FROM ops.dead_letter"
                                         " WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE",
                ids);
    std::vector<Letter> letters;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        letters.push_back(letter_of(rows, i));
        letters.back().body = unhex(rows.text(i, 10));
    }
    return letters;
}

} // namespace harmonia::dead_letter
