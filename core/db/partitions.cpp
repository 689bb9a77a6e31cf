#include "core/db/partitions.hpp"

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/db/copy_out.hpp"
#include "core/db/lock.hpp"

#include <fmt/format.h>

namespace harmonia::db {
namespace {

// Written on a table when it is detached: drop_partition() alone may drop such a table later. One
// that somebody detached by hand is theirs.
constexpr std::string_view k_mark = "harmonia: detached to be dropped";

constexpr const char* k_missing = R"(
    SELECT p.parent, names.child, s.low, s.low + ('1 ' || p.step)::interval AS high
    FROM ops.partition_policy p
    CROSS JOIN LATERAL generate_series(date_trunc(p.step, now()), now() + p.ahead,
                                       ('1 ' || p.step)::interval) AS s(low)
    CROSS JOIN LATERAL (
        SELECT p.parent || CASE p.step
            WHEN 'day' THEN to_char(s.low, '"_y"YYYY"d"MMDD')
            WHEN 'week' THEN to_char(s.low, '"_y"IYYY"w"IW')
            ELSE to_char(s.low, '"_y"YYYY"m"MM')
        END AS child) AS names
    WHERE NOT EXISTS (
        SELECT FROM pg_inherits i
        WHERE i.inhrelid = to_regclass(names.child) AND i.inhparent = to_regclass(p.parent))
    ORDER BY p.parent, s.low)";

constexpr const char* k_old = R"(
    SELECT n.nspname || '.' || c.relname AS name, bounds.low, bounds.high,
           i.inhrelid IS NOT NULL AS attached, pg_total_relation_size(c.oid) AS bytes
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    CROSS JOIN LATERAL (SELECT
        substring(pg_get_expr(c.relpartbound, c.oid) FROM $re$FROM \('([^']+)'\)$re$)::timestamptz,
        substring(pg_get_expr(c.relpartbound, c.oid) FROM $re$TO \('([^']+)'\)$re$)::timestamptz
        ) AS bounds(low, high)
    WHERE (i.inhparent = to_regclass($1) AND bounds.high <= $2::timestamptz)
       OR (i.inhrelid IS NULL AND c.relkind = 'r' AND n.nspname = split_part($1, '.', 1)
           AND starts_with(c.relname, split_part($1, '.', 2) || '_y')
           AND obj_description(c.oid, 'pg_class') = $3)
    ORDER BY bounds.low NULLS FIRST, name)";

std::string qualified(std::string_view table) {
    std::string out;
    for (const std::string_view part : split(table, '.'))
        out += (out.empty() ? "" : ".") + quoted_identifier(part);
    return out;
}

// CREATE TABLE ... PARTITION OF would lock out all readers; attaching an empty copy does not.
bool create(Connection& connection, const std::string& parent, const std::string& child,
            std::string_view low, std::string_view high) {
    Transaction tx(connection);
    transaction_lock(tx, LockClass::partition, parent);
    // Not to_regclass(): without a lock on a table it may answer from a cache older than our wait.
    const Result there = tx.exec(R"(
        SELECT FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname || '.' || c.relname = $1)",
                                 child);
    if (!there.empty())
        return false; // a second copy was faster
    tx.script(fmt::format(R"(
        CREATE TABLE {0} (LIKE {1} INCLUDING ALL EXCLUDING IDENTITY);
        ALTER TABLE {1} ATTACH PARTITION {0} FOR VALUES FROM ({2}) TO ({3}))",
                          qualified(child), qualified(parent), quoted_literal(low),
                          quoted_literal(high)));
    tx.commit(Failpoint::partition_create_commit);
    return true;
}

} // namespace

std::vector<std::string> ensure_partitions(Connection& connection) {
    const Result missing = [&] {
        Transaction tx(connection);
        return tx.exec(k_missing);
    }();
    std::vector<std::string> made;
    for (const Row row : missing) {
        std::string child(row.text("child"));
        if (!create(connection, std::string(row.text("parent")), child, row.text("low"),
                    row.text("high")))
            continue;
        log::info("partition created", {{"table", child}});
        made.push_back(std::move(child));
    }
    return made;
}

std::vector<Partition> old_partitions(Connection& connection, const std::string& parent,
                                      const std::string& older_than) {
    Transaction tx(connection);
    std::vector<Partition> out;
    for (const Row row : tx.exec(k_old, parent, older_than, k_mark))
        out.push_back({parent, std::string(row.text("name")), std::string(row.text("low")),
                       std::string(row.text("high")), row.boolean("attached"),
                       row.integer("bytes")});
    return out;
}

void drop_partition(Connection& connection, const Partition& partition) {
    const std::string table = qualified(partition.name);
    if (partition.attached) {
        Transaction tx(connection);
        tx.script(fmt::format(R"(
            SET LOCAL lock_timeout = '2s';
            ALTER TABLE {} DETACH PARTITION {};
            COMMENT ON TABLE {} IS {})",
                              qualified(partition.parent), table, table, quoted_literal(k_mark)));
        tx.commit(Failpoint::purge_partition_commit);
    }
    Transaction tx(connection);
    tx.script("DROP TABLE IF EXISTS " + table);
    tx.commit(Failpoint::purge_partition_commit);
    log::info("partition dropped", {{"table", partition.name}, {"bytes", partition.bytes}});
}

} // namespace harmonia::db
