#include "jobs/config_store/store.hpp"

namespace harmonia::config_store {

std::vector<std::pair<std::string, std::string>> read(db::Connection& connection) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result found = tx.exec(R"(
        SELECT key, value
          FROM ops.config_item
         WHERE NOT starts_with(key, 'txmatch:config:')
         ORDER BY key)");
    std::vector<std::pair<std::string, std::string>> rows;
    for (const db::Row row : found)
        rows.emplace_back(row.text("key"), row.text("value"));
    return rows;
}

void set(db::Connection& connection, const std::string& key, const std::string& value) {
    db::Transaction tx(connection);
    tx.exec(R"(
        INSERT INTO ops.config_item (key, value)
        VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE
           SET value = excluded.value, updated_at = now(), updated_by = current_user)",
            key, value);
    tx.commit(Failpoint::config_store_commit);
}

bool unset(db::Connection& connection, const std::string& key) {
    db::Transaction tx(connection);
    const bool found = tx.exec("DELETE FROM ops.config_item WHERE key = $1", key).affected() == 1;
    tx.commit(Failpoint::config_store_commit);
    return found;
}

} // namespace harmonia::config_store
