#include "jobs/serve/load_transact.hpp"

namespace harmonia::serve {

std::map<std::string, Standing> load_standings(db::Connection& connection,
                                               const std::string& provider,
                                               const std::string& feed_type,
                                               const std::vector<std::string>& ids) {
    db::Transaction tx(connection);
    const db::Result rows = tx.exec(R"(
        SELECT transaction_id, id, screen
          FROM harmonia.payment_transaction
         WHERE provider_slug = $1
           AND transaction_id = ANY ($2::text[])
           AND feed_type IN ($3::harmonia.feed_type, 'REFUND')
           AND promoted_at IS NULL)",
                                    provider, ids, feed_type);
    std::map<std::string, Standing> standings;
    for (const db::Row row : rows)
        standings[std::string(row.text("transaction_id"))] = {
            row.integer("id"), screened_of(row.text("screen")).value_or(Screened::held)};
    return standings;
}

} // namespace harmonia::serve
