#include "jobs/import/rejects.hpp"

#include <fmt/format.h>

namespace harmonia::importing {
namespace {

constexpr const char* k_columns =
    "SELECT id, batch_id, record_no, coalesce(line_no, 0), coalesce(byte_offset, 0), feed, source, "
    "field, code, detail, raw, state, "
    "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), raw_exact "
    "FROM ops.reject ";

RejectRow row_of(const db::Result& rows, std::size_t row) {
    const auto text = [&](std::size_t column) { return std::string(rows.text(row, column)); };
    RejectRow reject;
    reject.id = rows.integer(row, 0);
    reject.batch_id = rows.integer(row, 1);
    reject.record_no = rows.integer(row, 2);
    reject.line = rows.integer(row, 3);
    reject.offset = rows.integer(row, 4);
    reject.feed = text(5);
    reject.source = text(6);
    reject.field = text(7);
    reject.code = text(8);
    reject.detail = text(9);
    reject.raw = text(10);
    reject.state = text(11);
    reject.created_at = text(12);
    reject.exact = rows.boolean(row, 13);
    return reject;
}

} // namespace

std::vector<RejectRow> list_rejects(const db::Settings& database, const RejectFilter& filter) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto rows = tx.exec(
        std::string(k_columns) + "WHERE ($1::text IS NULL OR feed = $1) AND ($2 OR state = 'open') "
                                 "ORDER BY id LIMIT $3",
        db::Param(filter.feed), filter.all_states, filter.limit);
    std::vector<RejectRow> rejects;
    for (std::size_t row = 0; row < rows.size(); ++row)
        rejects.push_back(row_of(rows, row));
    return rejects;
}

RejectRow show_reject(const db::Settings& database, std::int64_t id) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto rows = tx.exec(std::string(k_columns) + "WHERE id = $1", id);
    if (rows.empty())
        throw Error(Exit::no_input, fmt::format("there is no reject {}", id),
                    "harmonia import rejects list shows the open ones.");
    return row_of(rows, 0);
}

std::uint64_t dismiss_rejects(const db::Settings& database, const std::vector<std::int64_t>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const std::vector<long long> numbers(ids.begin(), ids.end());
    const auto result =
        tx.exec("UPDATE ops.reject SET state = 'dismissed' WHERE state = 'open' AND "
                "id = ANY($1::bigint[])",
                numbers);
    tx.commit(Failpoint::import_dismiss_commit);
    return result.affected();
}

} // namespace harmonia::importing
