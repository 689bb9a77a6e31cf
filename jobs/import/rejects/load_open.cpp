#include "jobs/import/rejects/load_open.hpp"

namespace harmonia::importing {
namespace {

// Repeated records are numbered over all rejects of their batch, so that each keeps its number when
// they are retried one by one.
constexpr const char* k_open_rejects = R"(
    WITH chosen AS MATERIALIZED (
        SELECT r.id, r.batch_id
        FROM ops.reject r
        JOIN ops.import_batch b ON b.id = r.batch_id
        WHERE r.state = 'open' AND b.state IN ('loaded', 'archived') AND r.id > $3
          AND (cardinality($1::bigint[]) = 0 OR r.id = ANY($1::bigint[]))
          AND ($2::text IS NULL OR r.feed = $2)
        ORDER BY r.id
        LIMIT $4),
    numbered AS (
        SELECT *, row_number() OVER (PARTITION BY batch_id, md5(raw) ORDER BY record_no)
               AS occurrence
        FROM ops.reject
        WHERE batch_id IN (SELECT batch_id FROM chosen))
    SELECT b.id AS batch_id, b.feed, b.source, b.file_sha256, coalesce(b.header, '') AS header,
           n.id, n.record_no, coalesce(n.line_no, 0) AS line_no,
           coalesce(n.byte_offset, 0) AS byte_offset, n.raw, n.raw_exact, n.occurrence
    FROM chosen c
    JOIN numbered n ON n.id = c.id
    JOIN ops.import_batch b ON b.id = n.batch_id
    ORDER BY n.id)";

} // namespace

std::vector<RejectedBatch> load_open_rejects(db::Transaction& tx,
                                             const std::vector<std::int64_t>& ids,
                                             const std::optional<std::string>& feed,
                                             std::int64_t after) {
    std::vector<RejectedBatch> batches;
    for (const db::Row row : tx.exec(k_open_rejects, ids, feed, after, k_rejects_a_round)) {
        const auto text = [&](std::string_view column) { return std::string(row.text(column)); };
        const auto number = [&](std::string_view column) {
            return static_cast<std::uint64_t>(row.integer(column));
        };
        const std::int64_t batch_id = row.integer("batch_id");
        if (batches.empty() || batches.back().id != batch_id)
            batches.push_back(
                {batch_id, text("feed"), text("source"), text("file_sha256"), text("header"), {}});
        batches.back().rejects.push_back(
            {row.integer("id"),
             {number("record_no"), number("line_no"), number("byte_offset")},
             text("raw"),
             row.boolean("raw_exact"),
             static_cast<std::uint32_t>(number("occurrence"))});
    }
    return batches;
}

} // namespace harmonia::importing
