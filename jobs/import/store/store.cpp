#include "jobs/import/store/store.hpp"

#include "core/base/hash.hpp"
#include "core/base/log.hpp"

#include <fmt/format.h>

#include <set>

namespace harmonia::importing {
namespace {

std::optional<db::Instant> instant(const std::optional<std::int64_t>& us) {
    return us ? std::optional(db::Instant{*us}) : std::nullopt;
}

// Codes are the program's own words.
std::string warnings_json(const std::map<std::string, std::uint64_t>& warnings) {
    std::string out = "{";
    for (const auto& [code, count] : warnings)
        out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", code, count);
    return out + "}";
}

} // namespace

void count_written(Counts& counts, const importers::BlockCounts& written) {
    counts.fresh = written.inserted;
    counts.duplicate = written.duplicates;
    counts.unidentified = written.unidentified;
    counts.rejected += written.conflicts.size();
    counts.warnings = written.warnings;
}

void count_reasons(Counts& counts, std::span<const Reject> rejects) {
    for (const Reject& reject : rejects)
        ++counts.reasons[reject.problem.code];
}

std::vector<Reject> conflicting(const importers::BlockCounts& written) {
    std::vector<Reject> rejects;
    for (const importers::Conflict& conflict : written.conflicts) {
        rejects.push_back(make_reject(conflict.place, conflict.problem, conflict.raw));
        rejects.back().exact = false; // the raw form may be without its card data
    }
    return rejects;
}

void move_checkpoint(db::Transaction& tx, std::int64_t batch_id, const Step& step) {
    const Counts& counts = step.counts;
    const auto result = tx.exec(R"(
        UPDATE ops.import_batch
        SET bytes_done = $3,
            records_done = $4,
            count_new = count_new + $5,
            count_duplicate = count_duplicate + $6,
            count_rejected = count_rejected + $7,
            count_skipped = count_skipped + $8,
            count_unidentified = count_unidentified + $9,
            date_from = least(date_from, $10::timestamptz),
            date_to = greatest(date_to, $11::timestamptz),
            warnings = CASE
                WHEN $12::jsonb = '{}' THEN warnings
                ELSE (
                    SELECT jsonb_object_agg(code, records)
                    FROM (
                        SELECT key AS code, sum(value::bigint) AS records
                        FROM (
                            SELECT * FROM jsonb_each_text(warnings)
                            UNION ALL
                            SELECT * FROM jsonb_each_text($12::jsonb)) w
                        GROUP BY key) s)
            END
        WHERE id = $1 AND state = 'open' AND bytes_done = $2)",
                                batch_id, step.bytes_before, step.bytes_done, step.records_done,
                                counts.fresh, counts.duplicate, counts.rejected, counts.skipped,
                                counts.unidentified, instant(step.date_from_us),
                                instant(step.date_to_us), warnings_json(counts.warnings));
    if (result.affected() != 1)
        throw Error(Exit::try_again,
                    fmt::format("batch {} was continued by another process", batch_id),
                    "Run the import again: it resumes at the last checkpoint.");
}

void store_rejects(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::string& source, std::span<const Reject> rejects) {
    if (rejects.empty())
        return;
    payments::RejectCopy copy(tx, batch_id, feed, source);
    for (const Reject& reject : rejects)
        copy.add({.record_no = reject.place.record_number,
                  .line_no = reject.place.line,
                  .byte_offset = reject.place.offset,
                  .field = reject.problem.field,
                  .code = reject.problem.code,
                  .detail = reject.problem.detail,
                  .raw = reject.raw,
                  .raw_exact = reject.exact});
    copy.finish();
    // The same file again: its earlier rejects stand, also dismissed ones.
    tx.exec(R"(
        DELETE FROM ops.reject r
        USING ops.import_batch now, ops.import_batch earlier, ops.reject known
        WHERE now.id = $1 AND r.batch_id = now.id
          AND earlier.feed = now.feed AND earlier.file_sha256 = now.file_sha256
          AND earlier.id < now.id AND (earlier.state = 'refused') = (now.state = 'refused')
          AND known.batch_id = earlier.id AND known.record_no = r.record_no)",
            batch_id);
}

void mark_archived(db::Transaction& tx, std::int64_t batch_id) {
    tx.exec("UPDATE ops.import_batch SET state = 'archived' WHERE id = $1 AND state = 'loaded'",
            batch_id);
}

std::int64_t store_refusal(db::Transaction& tx, const payments::BatchSource& file,
                           const std::string& reason, const Counts& counts) {
    const std::int64_t id = payments::open_batch(tx, file);
    tx.exec(R"(
        UPDATE ops.import_batch
        SET state = 'refused', refusal = $2, closed_at = now(), count_rejected = $3,
            count_skipped = $4
        WHERE id = $1)",
            id, reason, counts.rejected, counts.skipped);
    return id;
}

void supersede_batch(db::Transaction& tx, std::int64_t batch_id) {
    tx.exec(R"(
        UPDATE ops.import_batch
        SET state = 'refused', closed_at = now(),
            refusal = 'superseded: the file was read again from its beginning'
        WHERE id = $1 AND state = 'open')",
            batch_id);
}

void store_dead_letters(db::Transaction& tx, const std::string& feed, const std::string& queue,
                        std::span<const DeadLetter> letters) {
    std::vector<std::string> digests;
    db::ArrayText again;
    for (const DeadLetter& letter : letters) {
        digests.push_back(sha256_hex(letter.body));
        if (letter.redelivered)
            again.add(digests.back());
    }
    std::set<std::string, std::less<>> known;
    if (!again.empty()) {
        const db::Result rows = tx.exec(R"(
            SELECT DISTINCT body_sha256
            FROM ops.dead_letter
            WHERE feed = $1 AND queue = $2 AND body_sha256 = ANY($3::text[]))",
                                        feed, queue, again);
        for (const db::Row row : rows)
            known.emplace(row.text("body_sha256"));
    }
    db::CopyIn copy(tx, "ops.dead_letter",
                    {"feed", "queue", "exchange", "routing_key", "properties", "body",
                     "body_sha256", "code", "detail"});
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const DeadLetter& letter = letters[i];
        if (letter.redelivered && known.contains(digests[i]))
            continue;
        copy.field(feed).field(queue).field(letter.exchange).field(letter.routing_key);
        copy.field(letter.properties).field("\\x" + hex(letter.body)).field(digests[i]);
        copy.field(letter.problem.code).field(letter.problem.detail);
        copy.end_row();
    }
    copy.finish();
}

} // namespace harmonia::importing
