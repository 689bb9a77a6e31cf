#include "core/claim/claim.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

namespace harmonia::claim {
namespace {

constexpr std::size_t k_reason_bytes_max = 1000;

// `{table}`, `{id}` … in `pattern` become the table's names, checked and quoted.
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
        fmt::arg("waits",
                 table.settled.empty() ? "" : " AND " + quoted(table.settled) + " IS NULL"));
}

std::vector<long long> ids_of(const db::Result& rows) {
    std::vector<long long> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(rows.integer(i, 0));
    return out;
}

// timestamptz as microseconds since 1970: exact, and no calendar needed here.
constexpr const char* k_put_off =
    "UPDATE {table} SET {due} = timestamptz 'epoch' + $3::bigint * interval '1 microsecond',"
    " {reason} = $4, {owner} = NULL, {until} = NULL"
    " WHERE {owner} = $1 AND {id} = ANY($2::bigint[]) RETURNING {id}";

} // namespace

std::vector<Claimed> claim_due(db::Transaction& tx, const Table& table, const std::string& target,
                               const std::string& owner, std::chrono::milliseconds lease,
                               int limit) {
    const db::Result rows = tx.exec(
        sql_for(table,
                "WITH due AS (SELECT {id}, {until} IS NOT NULL AS lost FROM {table}"
                " WHERE {target} = $1{waits} AND ({due} IS NULL OR {due} <= now()) AND ({until} IS "
                "NULL OR {until} <= now())"
                " ORDER BY {id} LIMIT $4 FOR UPDATE SKIP LOCKED),"
                " taken AS (UPDATE {table} t SET {attempt} = {attempt} + ({due} IS NOT NULL)::int,"
                " {due} = NULL, {owner} = $2, {until} = now() + $3::bigint * interval '1 ms'"
                " FROM due WHERE t.{id} = due.{id} RETURNING t.{id}, t.{attempt}, due.lost)"
                " SELECT * FROM taken ORDER BY 1"),
        target, owner, static_cast<long long>(lease.count()), limit);
    std::vector<Claimed> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(
            {rows.integer(i, 0), static_cast<int>(rows.integer(i, 1)), rows.boolean(i, 2)});
    return out;
}

std::vector<long long> still_held(db::Transaction& tx, const Table& table, const std::string& owner,
                                  const std::vector<long long>& ids) {
    return ids_of(tx.exec(sql_for(table, "SELECT {id} FROM {table} WHERE {owner} = $1"
                                         " AND {id} = ANY($2::bigint[]) ORDER BY {id} FOR UPDATE"),
                          owner, ids));
}

std::vector<long long> renew(db::Transaction& tx, const Table& table, const std::string& owner,
                             const std::vector<long long>& ids, std::chrono::milliseconds lease) {
    return ids_of(
        tx.exec(sql_for(table, "UPDATE {table} SET {until} = now() + $3::bigint * interval '1 ms'"
                               " WHERE {owner} = $1 AND {id} = ANY($2::bigint[]) RETURNING {id}"),
                owner, ids, static_cast<long long>(lease.count())));
}

std::vector<long long> put_off(db::Transaction& tx, const Table& table, const std::string& owner,
                               const std::vector<long long>& ids, Instant when,
                               const std::string& reason) {
    return ids_of(tx.exec(sql_for(table, k_put_off), owner, ids,
                          static_cast<long long>(when.time_since_epoch().count()),
                          printable(reason, k_reason_bytes_max)));
}

std::vector<long long> give_back(db::Transaction& tx, const Table& table, const std::string& owner,
                                 const std::vector<long long>& ids) {
    return ids_of(
        tx.exec(sql_for(table, "UPDATE {table} SET {owner} = NULL, {until} = NULL"
                               " WHERE {owner} = $1 AND {id} = ANY($2::bigint[]) RETURNING {id}"),
                owner, ids));
}

std::vector<long long> remove(db::Transaction& tx, const Table& table, const std::string& owner,
                              const std::vector<long long>& ids) {
    return ids_of(tx.exec(sql_for(table, "DELETE FROM {table} WHERE {owner} = $1"
                                         " AND {id} = ANY($2::bigint[]) RETURNING {id}"),
                          owner, ids));
}

} // namespace harmonia::claim
