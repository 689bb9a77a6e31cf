#include "jobs/import/rejects/manage.hpp"

#include <fmt/format.h>

namespace harmonia::importing {
namespace {

constexpr const char* k_rejects = R"(
    SELECT id, batch_id, record_no, coalesce(line_no, 0) AS line,
           coalesce(byte_offset, 0) AS byte_offset, feed, source, field, code, detail, raw, state,
           to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
           raw_exact
    FROM ops.reject
    WHERE {}
    ORDER BY id
    LIMIT {})";

RejectRow row_of(const db::Row& row) {
    const auto text = [&](std::string_view column) { return std::string(row.text(column)); };
    RejectRow reject;
    reject.id = row.integer("id");
    reject.batch_id = row.integer("batch_id");
    reject.record_no = row.integer("record_no");
    reject.line = row.integer("line");
    reject.offset = row.integer("byte_offset");
    reject.feed = text("feed");
    reject.source = text("source");
    reject.field = text("field");
    reject.code = text("code");
    reject.detail = text("detail");
    reject.raw = text("raw");
    reject.state = text("state");
    reject.created_at = text("created_at");
    reject.exact = row.boolean("raw_exact");
    return reject;
}

} // namespace

std::vector<RejectRow> list_rejects(const db::Settings& database, const RejectFilter& filter) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const db::Result rows = tx.exec(
        fmt::format(k_rejects, "($1::text IS NULL OR feed = $1) AND ($2 OR state = 'open')", "$3"),
        filter.feed, filter.all_states, filter.limit);
    std::vector<RejectRow> rejects;
    for (const db::Row row : rows)
        rejects.push_back(row_of(row));
    return rejects;
}

RejectRow show_reject(const db::Settings& database, std::int64_t id) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto row = tx.exec(fmt::format(k_rejects, "id = $1", "1"), id).optional_row();
    if (!row)
        throw Error(Exit::no_input, fmt::format("there is no reject {}", id),
                    "harmonia import rejects list shows the open ones.");
    return row_of(*row);
}

std::uint64_t dismiss_rejects(const db::Settings& database, const std::vector<std::int64_t>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const db::Result dismissed = tx.exec(R"(
        UPDATE ops.reject
        SET state = 'dismissed'
        WHERE state = 'open' AND id = ANY($1::bigint[]))",
                                         ids);
    tx.commit(Failpoint::import_dismiss_commit);
    return dismissed.affected();
}

} // namespace harmonia::importing
