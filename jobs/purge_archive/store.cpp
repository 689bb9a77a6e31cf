#include "jobs/purge_archive/store.hpp"

#include "core/base/stop.hpp"
#include "core/db/copy_out.hpp"

#include <fmt/format.h>

namespace harmonia::purge_archive {
namespace {

// One slice: 45 pages of the narrowest rows (balance changes, 76 bytes) are fewer than 5000 rows,
// the size of a transaction of the other jobs. Slices by ctid read a table once from end to end,
// whatever its keys.
constexpr long long k_slice_pages = 45;

long long pages_of(db::Connection& connection, const Table& table) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result size = tx.exec(
        "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint AS pages",
        table.name);
    return size.only().integer("pages");
}

std::string ctid_of(long long page) {
    return db::quoted_literal(fmt::format("({},0)", page));
}

/// Statement 1 locks, statement 2 reads: what another session committed before the lock counts.
std::uint64_t purge_slice(db::Transaction& tx, const Table& table, long long page) {
    const db::Result locked = tx.exec(fmt::format(
        R"(
        WITH old AS MATERIALIZED (
            SELECT {1}.ctid AS place
            FROM {0} AS {1}
            WHERE {1}.ctid >= {2}::tid
              AND {1}.ctid < {3}::tid
              AND {4}
            FOR UPDATE OF {1} SKIP LOCKED)
        SELECT array_agg(place) AS places
        FROM old)",
        table.name, table.alias, ctid_of(page), ctid_of(page + k_slice_pages), table.old));
    const db::Row places = locked.only();
    if (places.is_null("places"))
        return 0;
    const db::Result gone = tx.exec(fmt::format(R"(
        WITH gone AS (
            DELETE FROM {0} AS {1}
            WHERE {1}.ctid = ANY ($1::tid[])
              AND {2}
            RETURNING {1}.*){3}
        SELECT count(*) AS rows
        FROM gone)",
                                                table.name, table.alias, table.old,
                                                table.kept.empty() ? "" : ", " + table.kept),
                                    places.text("places"));
    return static_cast<std::uint64_t>(gone.only().integer("rows"));
}

} // namespace

std::uint64_t purge_table(db::Connection& connection, const Table& table) {
    const long long pages = pages_of(connection, table);
    std::uint64_t removed = 0;
    for (long long page = 0; page < pages; page += k_slice_pages) {
        throw_if_stopped();
        db::Transaction tx(connection);
        const std::uint64_t rows = purge_slice(tx, table, page);
        if (rows == 0)
            continue;
        tx.commit(Failpoint::purge_slice_commit);
        removed += rows;
    }
    return removed;
}

void raise_threshold(db::Connection& connection, const std::string& before) {
    db::Transaction tx(connection);
    tx.exec(R"(
        UPDATE accounts.archive
        SET folded_before = $1::timestamptz
        WHERE folded_before < $1::timestamptz)",
            before);
    tx.commit(Failpoint::purge_slice_commit);
}

void remove_file(const std::filesystem::path& base, const std::filesystem::path& file) {
    std::error_code failed;
    failpoint_before(Failpoint::purge_file_commit);
    std::filesystem::remove(file, failed);
    failpoint_after(Failpoint::purge_file_commit);
    if (failed)
        throw Error(failed == std::errc::permission_denied ? Exit::permission : Exit::io,
                    fmt::format("cannot remove {}: {}", file.string(), failed.message()));
    std::error_code not_empty;
    for (auto folder = file.parent_path(); folder != base; folder = folder.parent_path())
        if (!std::filesystem::remove(folder, not_empty) || not_empty)
            return;
}

} // namespace harmonia::purge_archive
