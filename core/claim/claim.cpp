#include "core/claim/claim.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

namespace harmonia::claim {
namespace {

constexpr std::size_t k_reason_bytes_max = 1000;

// Replaces `{table}`, `{id}` … in `pattern` by the table's names, checked and quoted.
std::string sql_for(const Table& table, const char* pattern) {
    const auto quoted = [](const std::string& name) { return db::quoted_identifier(name); };
    std::string full;
    for (const std::string_view part : split(table.name, '.'))
        full += (full.empty() ? "" : ".") + db::quoted_identifier(part);
    return fmt::format(
        fmt::runtime(pattern), fmt::arg("table", full), fmt::arg("id", quoted(table.id)),
        fmt::arg("attempt", quoted(table.attempt)), fmt::arg("due", quoted(table.due)),
        fmt::arg("reason", quoted(table.reason)), fmt::arg("owner", quoted(table.owner)),
        fmt::arg("until", quoted(table.until)), fmt::arg("target", quoted(table.target)),
        fmt::arg("pending",
                 table.settled.empty() ? "" : " AND " + quoted(table.settled) + " IS NULL"));
}

std::vector<std::int64_t> ids_of(const db::Result& rows) {
    std::vector<std::int64_t> out;
    out.reserve(rows.size());
    for (const db::Row row : rows)
        out.push_back(row.integer("id"));
    return out;
}

} // namespace

std::vector<Claimed> claim_due(db::Transaction& tx, const Table& table, const std::string& target,
                               const std::string& owner, std::chrono::milliseconds lease,
                               int limit) {
    const db::Result rows = tx.exec(sql_for(table, R"(
        WITH due AS (
            SELECT {id}, {until} IS NOT NULL AS lost
            FROM {table}
            WHERE {target} = $1{pending}
              AND ({due} IS NULL OR {due} <= now())
              AND ({until} IS NULL OR {until} <= now())
            ORDER BY {id}
            LIMIT $4
            FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE {table} t
            SET {attempt} = {attempt} + ({due} IS NOT NULL)::int,
                {due} = NULL,
                {owner} = $2,
                {until} = now() + $3::bigint * interval '1 ms'
            FROM due
            WHERE t.{id} = due.{id}
            RETURNING t.{id} AS id, t.{attempt} AS attempt, due.lost
        )
        SELECT id, attempt, lost
        FROM taken
        ORDER BY id
    )"),
                                    target, owner, lease.count(), limit);
    std::vector<Claimed> out;
    out.reserve(rows.size());
    for (const db::Row row : rows)
        out.push_back(
            {row.integer("id"), static_cast<int>(row.integer("attempt")), row.boolean("lost")});
    return out;
}

std::vector<std::int64_t> still_held(db::Transaction& tx, const Table& table,
                                     const std::string& owner,
                                     const std::vector<std::int64_t>& ids) {
    return ids_of(tx.exec(sql_for(table, R"(
        SELECT {id} AS id
        FROM {table}
        WHERE {owner} = $1 AND {id} = ANY($2::bigint[])
        ORDER BY {id}
        FOR UPDATE
    )"),
                          owner, ids));
}

std::vector<std::int64_t> renew(db::Transaction& tx, const Table& table, const std::string& owner,
                                const std::vector<std::int64_t>& ids,
                                std::chrono::milliseconds lease) {
    return ids_of(tx.exec(sql_for(table, R"(
        UPDATE {table}
        SET {until} = now() + $3::bigint * interval '1 ms'
        WHERE {owner} = $1 AND {id} = ANY($2::bigint[])
        RETURNING {id} AS id
    )"),
                          owner, ids, lease.count()));
}

std::vector<std::int64_t> put_off(db::Transaction& tx, const Table& table, const std::string& owner,
                                  const std::vector<std::int64_t>& ids, Instant when,
                                  const std::string& reason) {
    return ids_of(tx.exec(sql_for(table, R"(
        UPDATE {table}
        SET {due} = $3::timestamptz,
            {reason} = $4,
            {owner} = NULL,
            {until} = NULL
        WHERE {owner} = $1 AND {id} = ANY($2::bigint[])
        RETURNING {id} AS id
    )"),
                          owner, ids, db::Instant{when.time_since_epoch().count()},
                          printable(reason, k_reason_bytes_max)));
}

std::vector<std::int64_t> give_back(db::Transaction& tx, const Table& table,
                                    const std::string& owner,
                                    const std::vector<std::int64_t>& ids) {
    return ids_of(tx.exec(sql_for(table, R"(
        UPDATE {table}
        SET {owner} = NULL,
            {until} = NULL
        WHERE {owner} = $1 AND {id} = ANY($2::bigint[])
        RETURNING {id} AS id
    )"),
                          owner, ids));
}

std::vector<std::int64_t> remove(db::Transaction& tx, const Table& table, const std::string& owner,
                                 const std::vector<std::int64_t>& ids) {
    return ids_of(tx.exec(sql_for(table, R"(
        DELETE FROM {table}
        WHERE {owner} = $1 AND {id} = ANY($2::bigint[])
        RETURNING {id} AS id
    )"),
                          owner, ids));
}

} // namespace harmonia::claim
