#include "jobs/import/load/load.hpp"

namespace harmonia::importing {
namespace {

PriorBatch::State state_of(std::string_view text) {
    if (text == "open")
        return PriorBatch::State::open;
    if (text == "loaded")
        return PriorBatch::State::loaded;
    return text == "refused" ? PriorBatch::State::refused : PriorBatch::State::archived;
}

std::uint64_t count(const db::Row& row, std::string_view column) {
    return static_cast<std::uint64_t>(row.integer(column));
}

} // namespace

std::vector<std::uint64_t> open_checkpoints(db::Transaction& tx, const std::string& feed) {
    const db::Result rows = tx.exec(R"(
        SELECT DISTINCT bytes_done
        FROM ops.import_batch
        WHERE feed = $1 AND state = 'open' AND file_sha256 IS NOT NULL AND bytes_done > 0
        LIMIT 1000)",
                                    feed);
    std::vector<std::uint64_t> offsets;
    for (const db::Row row : rows)
        offsets.push_back(count(row, "bytes_done"));
    return offsets;
}

std::optional<FoundBatch> find_batch(db::Transaction& tx, const std::string& feed,
                                     const std::string& sha256, const std::string& source) {
    const auto row = tx.exec(R"(
        SELECT id, state, source, bytes_done, records_done, coalesce(refusal, '') AS refusal,
               count_new, count_duplicate, count_rejected, count_skipped, count_unidentified
        FROM ops.import_batch
        WHERE feed = $1 AND file_sha256 = $2
          AND (state = 'open' OR (state IN ('loaded', 'refused') AND source = $3))
        ORDER BY state = 'open' DESC, id DESC
        LIMIT 1)",
                             feed, sha256, source)
                         .optional_row();
    if (!row)
        return {};
    FoundBatch batch;
    batch.id = row->integer("id");
    batch.prior = {state_of(row->text("state")), std::string(row->text("source")),
                   count(*row, "bytes_done"), count(*row, "records_done"),
                   std::string(row->text("refusal"))};
    batch.counts = {.read = batch.prior.records_done,
                    .fresh = count(*row, "count_new"),
                    .duplicate = count(*row, "count_duplicate"),
                    .rejected = count(*row, "count_rejected"),
                    .skipped = count(*row, "count_skipped"),
                    .unidentified = count(*row, "count_unidentified")};
    return batch;
}

std::vector<LoadedBatch> loaded_batches(db::Transaction& tx, const std::string& feed) {
    const db::Result rows = tx.exec(R"(
        SELECT id, source
        FROM ops.import_batch
        WHERE feed = $1 AND state = 'loaded' AND file_sha256 IS NOT NULL
          AND source <> 'stdin' AND left(source, 1) <> '/'
        ORDER BY id)",
                                    feed);
    std::vector<LoadedBatch> loaded;
    for (const db::Row row : rows)
        loaded.push_back({row.integer("id"), std::string(row.text("source"))});
    return loaded;
}

} // namespace harmonia::importing
