#include "core/base/hash.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/db/lock.hpp"
#include "jobs/import/records.hpp"
#include "jobs/import/rejects.hpp"
#include "jobs/import/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace harmonia::importing {
namespace {

namespace fs = std::filesystem;

/// An open reject of one batch, with what is needed to read it again.
struct Open {
    std::int64_t id = 0;
    importers::Place place;
    std::string raw;
    bool exact = true;
    std::uint32_t twin = 1; ///< which of the batch's rejects with this content
};
struct Batch {
    std::int64_t id = 0;
    std::string feed, source, sha256, header;
    std::vector<Open> rejects;
};

constexpr long long k_rejects_a_round = 20'000; // bounds memory

// Twins are numbered over all rejects of the batch, so that they keep their numbers one by one.
constexpr const char* k_open_rejects =
    "WITH chosen AS MATERIALIZED (SELECT r.id, r.batch_id FROM ops.reject r "
    "JOIN ops.import_batch b ON b.id = r.batch_id WHERE r.state = 'open' "
    "AND b.state IN ('loaded', 'archived') AND r.id > $3 "
    "AND (cardinality($1::bigint[]) = 0 OR r.id = ANY($1::bigint[])) "
    "AND ($2::text IS NULL OR r.feed = $2) ORDER BY r.id LIMIT $4), "
    "numbered AS (SELECT *, row_number() OVER (PARTITION BY batch_id, md5(raw) ORDER BY record_no) "
    "AS twin FROM ops.reject WHERE batch_id IN (SELECT batch_id FROM chosen)) "
    "SELECT b.id, b.feed, b.source, b.file_sha256, coalesce(b.header, ''), n.id, n.record_no, "
    "coalesce(n.line_no, 0), coalesce(n.byte_offset, 0), n.raw, n.raw_exact, n.twin "
    "FROM chosen c JOIN numbered n ON n.id = c.id JOIN ops.import_batch b ON b.id = n.batch_id "
    "ORDER BY n.id";

std::vector<Batch> load_open(db::Transaction& tx, const std::vector<std::int64_t>& ids,
                             const std::optional<std::string>& feed, std::int64_t after) {
    const std::vector<long long> numbers(ids.begin(), ids.end());
    const auto rows = tx.exec(k_open_rejects, numbers, db::Param(feed), after, k_rejects_a_round);
    std::vector<Batch> batches;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto number = [&](std::size_t column) {
            return static_cast<std::uint64_t>(rows.integer(row, column));
        };
        if (batches.empty() || batches.back().id != rows.integer(row, 0))
            batches.push_back({rows.integer(row, 0),
                               std::string(rows.text(row, 1)),
                               std::string(rows.text(row, 2)),
                               std::string(rows.text(row, 3)),
                               std::string(rows.text(row, 4)),
                               {}});
        batches.back().rejects.push_back({rows.integer(row, 5),
                                          {number(6), number(7), number(8)},
                                          std::string(rows.text(row, 9)),
                                          rows.boolean(row, 10),
                                          static_cast<std::uint32_t>(rows.integer(row, 11))});
    }
    return batches;
}

bool has_digest(const fs::path& path, const std::string& sha256) {
    const auto bytes = importers::open_file(path.string());
    std::vector<char> buffer(std::size_t{1} << 16);
    Sha256 digest;
    while (const std::size_t got = bytes->read(buffer.data(), buffer.size()))
        digest.update({buffer.data(), got});
    return digest.finish_hex() == sha256;
}

// Where the batch's file is now: waiting, archived on some day (perhaps with a suffix), or named by
// hand.
std::optional<fs::path> find_file(const Settings& settings, const Batch& batch) {
    std::vector<fs::path> candidates{settings.base /
                                     batch.source}; // an absolute source stays itself
    std::error_code code;
    for (const auto& day : fs::directory_iterator(settings.archive, code)) {
        const fs::path name = day.path() / batch.source;
        std::error_code missing;
        for (const auto& file : fs::directory_iterator(name.parent_path(), missing))
            if (file.path().string().starts_with(name.string()))
                candidates.push_back(file.path());
    }
    for (const fs::path& path : candidates) {
        std::error_code ignored;
        if (fs::is_regular_file(path, ignored) && has_digest(path, batch.sha256))
            return path;
    }
    return {};
}

/// The records' own bytes, by record number, for those that were masked.
std::map<std::uint64_t, std::string> read_masked(const Settings& settings, const Batch& batch,
                                                 const importers::Format& format) {
    std::map<std::uint64_t, std::string> found;
    std::map<std::uint64_t, std::uint64_t> wanted; // offset → record number
    for (const Open& reject : batch.rejects)
        if (!reject.exact)
            wanted[reject.place.offset] = reject.place.record_number;
    if (wanted.empty())
        return found;
    const auto path = find_file(settings, batch);
    if (!path)
        return found;
    const auto cutter = format.cut(importers::open_file(path->string()));
    importers::RawRecord record;
    for (auto more = cutter->next(record); !more || *more; more = cutter->next(record)) {
        const auto place = wanted.find(record.offset);
        if (more && place != wanted.end())
            found[place->second] = record.bytes;
    }
    return found;
}

class Retry {
public:
    Retry(const Settings& settings, const Wiring& wiring)
        : settings_(settings), wiring_(wiring), connection_(db::connect(wiring.database)) {}
    RetryResult work(const std::vector<std::int64_t>& ids, const std::optional<std::string>& feed);

private:
    std::shared_ptr<const importers::Feed> find(const std::string& name) const;
    void one_batch(const Batch& batch);
    struct Sorted {
        std::vector<long long> good;
        std::map<std::uint64_t, long long> ids; ///< of the good, by record number
        std::vector<std::pair<std::int64_t, Reject>> still_bad;
        std::uint64_t skipped = 0;
    };
    void store(const Batch& batch, importers::SinkSession& session, importers::Block& block,
               const Sorted& sorted);

    const Settings& settings_;
    const Wiring& wiring_;
    std::unique_ptr<db::Connection> connection_;
    RetryResult result_;
};

std::shared_ptr<const importers::Feed> Retry::find(const std::string& name) const {
    for (const auto& feed : wiring_.feeds)
        if (feed->name == name)
            return feed;
    throw Error(Exit::usage, fmt::format("feed '{}' is not declared (any more)", name));
}

void Retry::one_batch(const Batch& batch) {
    const auto feed = find(batch.feed);
    const auto sink = wiring_.sinks.find(feed->sink);
    if (sink == wiring_.sinks.end())
        throw Error(Exit::config, fmt::format("there is no sink '{}'", feed->sink));
    const auto session = sink->second(feed, *connection_);
    const auto masked = read_masked(settings_, batch, *feed->format);
    const auto splitter = feed->format->splitter(batch.header);
    const auto block = session->new_block();
    std::vector<expr::Value> fields(feed->format->fields().size());
    expr::Arena arena;
    Sorted sorted;
    for (const Open& reject : batch.rejects) {
        const auto bytes = masked.find(reject.place.record_number);
        if (!reject.exact && bytes == masked.end()) {
            ++result_.unreachable;
            continue;
        }
        const std::string& raw = reject.exact ? reject.raw : bytes->second;
        importers::Twins twins(reject.twin);
        arena.reset();
        const importers::Storable storable = splitter->storable(raw, arena);
        Expected<importers::Added> added = bad("");
        if (auto split = splitter->split(raw, fields, arena); !split)
            added = tl::make_unexpected(std::move(split.error()));
        else
            added = Adder(*session, twins)
                        .add(*block,
                             {reject.place.record_number, reject.place.line, reject.place.offset,
                              storable.secrets_dropped},
                             storable.text, fields);
        ++result_.counts.read;
        if (!added) {
            sorted.still_bad.emplace_back(
                reject.id, make_reject(reject.place, std::move(added.error()), storable.text, raw));
            continue;
        }
        sorted.good.push_back(reject.id);
        sorted.ids[reject.place.record_number] = reject.id;
        sorted.skipped += *added == importers::Added::kept ? 0 : 1;
    }
    store(batch, *session, *block, sorted);
}

void Retry::store(const Batch& batch, importers::SinkSession& session, importers::Block& block,
                  const Sorted& sorted) {
    const Counts counts = write_despite_others([&] {
        db::Transaction tx(*connection_);
        importers::BlockCounts written;
        if (block.rows() > 0)
            written = session.write(tx, block, batch.id);
        std::vector<long long> good = sorted.good;
        auto still_bad = sorted.still_bad;
        for (Reject& reject : conflicting(written)) {
            const long long id = sorted.ids.at(reject.place.record_number);
            std::erase(good, id);
            still_bad.emplace_back(id, std::move(reject));
        }
        const auto marked = tx.exec("UPDATE ops.reject SET state = 'retried' WHERE state = 'open' "
                                    "AND id = ANY($1::bigint[])",
                                    good);
        if (marked.affected() != good.size())
            throw Error(Exit::try_again, "somebody else is at these rejects");
        for (const auto& [id, reject] : still_bad)
            tx.exec("UPDATE ops.reject SET field = $2, code = $3, detail = $4 WHERE id = $1", id,
                    reject.problem.field, reject.problem.code, reject.problem.detail);
        tx.exec(
            "UPDATE ops.import_batch SET count_new = count_new + $2, "
            "count_duplicate = count_duplicate + $3, count_skipped = count_skipped + $4, "
            "count_unidentified = count_unidentified + $5, count_rejected = count_rejected - $6 "
            "WHERE id = $1",
            batch.id, written.inserted, written.duplicates, sorted.skipped, written.unidentified,
            good.size());
        tx.exec("SELECT pg_notify($1, $2)", k_notify_channel, batch.feed);
        tx.commit(Failpoint::import_retry_commit);
        return Counts{.fresh = written.inserted,
                      .duplicate = written.duplicates,
                      .rejected = still_bad.size(),
                      .skipped = sorted.skipped,
                      .unidentified = written.unidentified};
    });
    result_.counts += counts;
}

RetryResult Retry::work(const std::vector<std::int64_t>& ids,
                        const std::optional<std::string>& feed) {
    for (std::int64_t after = 0;;) {
        db::Transaction tx(*connection_);
        const std::vector<Batch> batches = load_open(tx, ids, feed, after);
        tx.rollback();
        if (batches.empty())
            break;
        for (const Batch& batch : batches) {
            throw_if_stopped();
            one_batch(batch);
        }
        after = batches.back().rejects.back().id;
    }
    return result_;
}

} // namespace

RetryResult retry_rejects(const Settings& settings, const Wiring& wiring,
                          const std::vector<std::int64_t>& ids,
                          const std::optional<std::string>& feed) {
    return Retry(settings, wiring).work(ids, feed);
}

} // namespace harmonia::importing
