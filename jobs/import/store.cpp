#include "jobs/import/store.hpp"

#include "core/base/hash.hpp"
#include "core/base/log.hpp"
#include "core/db/lock.hpp"

#include <fmt/format.h>

#include <random>
#include <set>

namespace harmonia::importing {
namespace {

constexpr int k_tries = 5;

// A point in time from microseconds, exactly.
std::string instant(int parameter) {
    return fmt::format("('epoch'::timestamptz + ${}::bigint * interval '1 microsecond')",
                       parameter);
}

db::Param optional_number(const std::optional<std::int64_t>& value) {
    return value ? db::Param(static_cast<long>(*value)) : db::Param(std::nullopt);
}

// Codes are the program's own words.
std::string warnings_json(const std::map<std::string, std::uint64_t>& warnings) {
    std::string out = "{";
    for (const auto& [code, count] : warnings)
        out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", code, count);
    return out + "}";
}

} // namespace

Counts write_despite_others(const std::function<Counts()>& write) {
    for (int attempt = 1;; ++attempt) {
        try {
            return write();
        } catch (const db::Failure& failure) {
            const bool met_another = failure.unique_violation() || failure.retryable();
            if (!met_another || attempt == k_tries)
                throw;
            log::info("block written again", {{"reason", failure.sqlstate()}});
        }
    }
}

bool refuses_data(const db::Failure& failure) {
    const std::string_view kind = std::string_view(failure.sqlstate()).substr(0, 2);
    return kind == "22" || kind == "23" || kind == "54";
}

Problem not_storable(const db::Failure& failure) {
    return {"not_storable",
            {},
            fmt::format("the database refuses it (SQLSTATE {})", failure.sqlstate())};
}

std::string new_match_group() {
    std::random_device source;
    std::string group;
    for (int i = 0; i < 4; ++i)
        group += fmt::format("{:08x}", source());
    return group;
}

std::int64_t open_file_batch(db::Transaction& tx, const FileFacts& file,
                             const std::string& match_group) {
    return tx
        .exec("INSERT INTO ops.import_batch (feed, source, match_group, file_sha256, file_bytes, "
              "header, records_total) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
              file.feed, file.source, match_group, file.sha256, file.bytes,
              file.header.empty() ? db::Param(std::nullopt) : db::Param(file.header), file.records)
        .integer(0, 0);
}

std::int64_t open_message_batch(db::Transaction& tx, const std::string& feed,
                                const std::string& queue, const std::string& match_group) {
    return tx
        .exec("INSERT INTO ops.import_batch (feed, source, match_group) VALUES ($1, $2, $3) "
              "RETURNING id",
              feed, "AMQP: " + queue, match_group)
        .integer(0, 0);
}

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
    static const std::string sql =
        "UPDATE ops.import_batch SET bytes_done = $3, records_done = $4, "
        "count_new = count_new + $5, count_duplicate = count_duplicate + $6, "
        "count_rejected = count_rejected + $7, count_skipped = count_skipped + $8, "
        "count_unidentified = count_unidentified + $9, "
        "date_from = least(date_from, " +
        instant(10) + "), date_to = greatest(date_to, " + instant(11) +
        "), warnings = CASE WHEN $12::jsonb = '{}' THEN warnings ELSE (SELECT "
        "jsonb_object_agg(code, records) FROM (SELECT key AS code, sum(value::bigint) AS records "
        "FROM (SELECT * FROM jsonb_each_text(warnings) UNION ALL "
        "SELECT * FROM jsonb_each_text($12::jsonb)) w GROUP BY key) s) END WHERE id = $1 AND state "
        "= 'open' AND bytes_done = $2";
    const Counts& counts = step.counts;
    const auto result =
        tx.exec(sql, batch_id, step.bytes_before, step.bytes_done, step.records_done, counts.fresh,
                counts.duplicate, counts.rejected, counts.skipped, counts.unidentified,
                optional_number(step.date_from_us), optional_number(step.date_to_us),
                warnings_json(counts.warnings));
    if (result.affected() != 1)
        throw Error(Exit::try_again,
                    fmt::format("batch {} was gone on with by another process", batch_id),
                    "Run the import again: it goes on from the last checkpoint.");
}

void store_rejects(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::string& source, std::span<const Reject> rejects) {
    if (rejects.empty())
        return;
    db::CopyIn copy(tx, "ops.reject",
                    {"batch_id", "feed", "source", "record_no", "line_no", "byte_offset", "field",
                     "code", "detail", "raw", "raw_exact"});
    for (const Reject& reject : rejects) {
        copy.field(static_cast<long long>(batch_id)).field(feed).field(source);
        copy.field(static_cast<long long>(reject.place.record_number));
        copy.field(static_cast<long long>(reject.place.line));
        copy.field(static_cast<long long>(reject.place.offset));
        copy.field(reject.problem.field).field(reject.problem.code).field(reject.problem.detail);
        copy.field(reject.raw).field(reject.exact);
        copy.end_row();
    }
    copy.finish();
    // The same bytes again: what was said about them stands, also when somebody has dismissed it.
    tx.exec("DELETE FROM ops.reject r USING ops.import_batch now, ops.import_batch earlier, "
            "ops.reject known WHERE now.id = $1 AND r.batch_id = now.id "
            "AND earlier.feed = now.feed AND earlier.file_sha256 = now.file_sha256 "
            "AND earlier.id < now.id AND (earlier.state = 'refused') = (now.state = 'refused') "
            "AND known.batch_id = earlier.id AND known.record_no = r.record_no",
            batch_id);
}

void close_batch(db::Transaction& tx, std::int64_t batch_id, const std::string& feed) {
    tx.exec("SELECT pg_notify($1, $2)", k_notify_channel, feed);
    db::transaction_lock(tx, db::LockClass::close_batch, "close");
    tx.exec("UPDATE ops.import_batch SET state = 'loaded', closed_at = now(), "
            "close_seq = nextval('ops.close_seq') WHERE id = $1",
            batch_id);
}

void mark_archived(db::Transaction& tx, std::int64_t batch_id) {
    tx.exec("UPDATE ops.import_batch SET state = 'archived' WHERE id = $1 AND state = 'loaded'",
            batch_id);
}

std::int64_t store_refusal(db::Transaction& tx, const FileFacts& file,
                           const std::string& match_group, const std::string& reason,
                           const Counts& counts) {
    return tx
        .exec("INSERT INTO ops.import_batch (feed, source, match_group, file_sha256, file_bytes, "
              "header, records_total, state, refusal, closed_at, count_rejected, count_skipped) "
              "VALUES ($1, $2, $3, $4, $5, $6, $7, 'refused', $8, now(), $9, $10) RETURNING id",
              file.feed, file.source, match_group, file.sha256, file.bytes,
              file.header.empty() ? db::Param(std::nullopt) : db::Param(file.header), file.records,
              reason, counts.rejected, counts.skipped)
        .integer(0, 0);
}

void supersede_batch(db::Transaction& tx, std::int64_t batch_id) {
    tx.exec("UPDATE ops.import_batch SET state = 'refused', closed_at = now(), "
            "refusal = 'superseded: the file was read again from its beginning' "
            "WHERE id = $1 AND state = 'open'",
            batch_id);
}

void store_dead_letters(db::Transaction& tx, const std::string& feed, const std::string& queue,
                        std::span<const DeadLetter> letters) {
    std::vector<std::string> digests, again;
    for (const DeadLetter& letter : letters) {
        digests.push_back(sha256_hex(letter.body));
        if (letter.redelivered)
            again.push_back(digests.back());
    }
    std::set<std::string, std::less<>> known;
    if (!again.empty()) {
        const auto rows =
            tx.exec("SELECT DISTINCT body_sha256 FROM ops.dead_letter WHERE feed = $1 "
                    "AND queue = $2 AND body_sha256 = ANY($3::text[])",
                    feed, queue, again);
        for (std::size_t row = 0; row < rows.size(); ++row)
            known.emplace(rows.text(row, 0));
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
