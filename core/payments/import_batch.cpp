#include "core/payments/import_batch.hpp"

#include "core/db/columns.hpp"
#include "core/db/lock.hpp"

#include <fmt/format.h>

#include <random>

namespace harmonia::payments {
namespace {

/// Of ops.reject.
enum class Column {
    batch_id,
    feed,
    source,
    record_no,
    line_no,
    byte_offset,
    field,
    code,
    detail,
    raw,
    raw_exact,
};
constexpr auto k_columns = db::columns<Column>({
    {Column::batch_id, "batch_id"},
    {Column::feed, "feed"},
    {Column::source, "source"},
    {Column::record_no, "record_no"},
    {Column::line_no, "line_no"},
    {Column::byte_offset, "byte_offset"},
    {Column::field, "field"},
    {Column::code, "code"},
    {Column::detail, "detail"},
    {Column::raw, "raw"},
    {Column::raw_exact, "raw_exact"},
});

} // namespace

std::string new_match_group() {
    std::random_device source;
    std::string group;
    for (int i = 0; i < 4; ++i)
        group += fmt::format("{:08x}", source());
    return group;
}

std::int64_t open_batch(db::Transaction& tx, const BatchSource& source) {
    return tx
        .exec(R"(
            INSERT INTO ops.import_batch
                   (feed, source, match_group, file_sha256, file_bytes, header, records_total)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING id)",
              source.feed, source.source, source.match_group, source.file_sha256, source.file_bytes,
              source.header, source.records)
        .only()
        .integer("id");
}

// The lock is held until the commit, so that close_seq ascends in commit order: it comes after
// everything that takes time.
void close_batch(db::Transaction& tx, std::int64_t batch_id, std::string_view feed,
                 const BatchCounts& counts) {
    tx.exec("SELECT pg_notify($1, $2)", k_imported_channel, feed);
    db::transaction_lock(tx, db::LockClass::close_batch, "close");
    tx.exec(R"(
        UPDATE ops.import_batch
           SET state = 'loaded', closed_at = now(), close_seq = nextval('ops.close_seq'),
               records_done = records_done + $2,
               count_new = count_new + $3,
               count_duplicate = count_duplicate + $4,
               count_rejected = count_rejected + $5
         WHERE id = $1)",
            batch_id, counts.records, counts.fresh, counts.duplicate, counts.rejected);
}

RejectCopy::RejectCopy(db::Transaction& tx, std::int64_t batch_id, std::string_view feed,
                       std::string_view source)
    : copy_(tx, "ops.reject", k_columns.names()), batch_id_(batch_id), feed_(feed),
      source_(source) {}

void RejectCopy::add(const RejectRow& row) {
    copy_.field(Column::batch_id, batch_id_);
    copy_.field(Column::feed, feed_);
    copy_.field(Column::source, source_);
    copy_.field(Column::record_no, row.record_no);
    copy_.field(Column::line_no, row.line_no);
    copy_.field(Column::byte_offset, row.byte_offset);
    copy_.field(Column::field, row.field);
    copy_.field(Column::code, row.code);
    copy_.field(Column::detail, row.detail);
    copy_.field(Column::raw, row.raw);
    copy_.field(Column::raw_exact, row.raw_exact);
    copy_.end_row();
}

Problem not_storable(const db::Failure& failure) {
    return {"not_storable",
            {},
            fmt::format("the database refuses it (SQLSTATE {})", failure.sqlstate())};
}

} // namespace harmonia::payments
