#include "jobs/import/load.hpp"

namespace harmonia::importing {
namespace {

Left::State state_of(std::string_view text) {
    if (text == "open")
        return Left::State::open;
    if (text == "loaded")
        return Left::State::loaded;
    return text == "refused" ? Left::State::refused : Left::State::archived;
}

std::uint64_t count(const db::Result& rows, std::size_t row, std::string_view column) {
    return static_cast<std::uint64_t>(rows.integer(row, rows.column(column)));
}

} // namespace

std::vector<std::uint64_t> open_checkpoints(db::Transaction& tx, const std::string& feed) {
    const auto rows = tx.exec(
        "SELECT DISTINCT bytes_done FROM ops.import_batch WHERE feed = $1 AND state = 'open' "
        "AND file_sha256 IS NOT NULL AND bytes_done > 0 LIMIT 1000",
        feed);
    std::vector<std::uint64_t> offsets;
    for (std::size_t row = 0; row < rows.size(); ++row)
        offsets.push_back(static_cast<std::uint64_t>(rows.integer(row, 0)));
    return offsets;
}

std::optional<OldBatch> find_batch(db::Transaction& tx, const std::string& feed,
                                   const std::string& sha256, const std::string& source) {
    const auto rows = tx.exec(
        "SELECT id, state, source, bytes_done, records_done, coalesce(refusal, '') AS refusal, "
        "count_new, count_duplicate, count_rejected, count_skipped, count_unidentified "
        "FROM ops.import_batch WHERE feed = $1 AND file_sha256 = $2 "
        "AND (state = 'open' OR (state IN ('loaded', 'refused') AND source = $3)) "
        "ORDER BY state = 'open' DESC, id DESC LIMIT 1",
        feed, sha256, source);
    if (rows.empty())
        return {};
    OldBatch batch;
    batch.id = rows.integer(0, 0);
    batch.left = {state_of(rows.text(0, 1)), std::string(rows.text(0, 2)),
                  count(rows, 0, "bytes_done"), count(rows, 0, "records_done"),
                  std::string(rows.text(0, rows.column("refusal")))};
    batch.counts = {.read = batch.left.records_done,
                    .fresh = count(rows, 0, "count_new"),
                    .duplicate = count(rows, 0, "count_duplicate"),
                    .rejected = count(rows, 0, "count_rejected"),
                    .skipped = count(rows, 0, "count_skipped"),
                    .unidentified = count(rows, 0, "count_unidentified")};
    return batch;
}

std::vector<Loaded> loaded_batches(db::Transaction& tx, const std::string& feed) {
    const auto rows = tx.exec("SELECT id, source FROM ops.import_batch WHERE feed = $1 AND "
                              "state = 'loaded' AND file_sha256 IS NOT NULL AND source <> 'stdin' "
                              "AND left(source, 1) <> '/' ORDER BY id",
                              feed);
    std::vector<Loaded> loaded;
    for (std::size_t row = 0; row < rows.size(); ++row)
        loaded.push_back({rows.integer(row, 0), std::string(rows.text(row, 1))});
    return loaded;
}

} // namespace harmonia::importing
