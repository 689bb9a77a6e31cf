#include "jobs/import/rejects/retry.hpp"

#include "core/base/hash.hpp"
#include "core/base/stop.hpp"
#include "core/payments/import_batch.hpp"
#include "jobs/import/plan/records.hpp"
#include "jobs/import/rejects/load_open.hpp"
#include "jobs/import/rejects/store_retried.hpp"
#include "jobs/import/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace harmonia::importing {
namespace {

namespace fs = std::filesystem;

bool has_digest(const fs::path& path, const std::string& sha256) {
    const auto bytes = importers::open_file(path.string());
    std::vector<char> buffer(std::size_t{1} << 16);
    Sha256 digest;
    while (const std::size_t got = bytes->read(buffer.data(), buffer.size()))
        digest.update({buffer.data(), got});
    return digest.finish_hex() == sha256;
}

// Where the batch's file is now: in its directory, archived on some day (perhaps with a suffix), or
// where it was named by hand.
std::optional<fs::path> find_file(const Settings& settings, const RejectedBatch& batch) {
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
std::map<std::uint64_t, std::string>
read_masked(const Settings& settings, const RejectedBatch& batch, const importers::Format& format) {
    std::map<std::uint64_t, std::string> found;
    std::map<std::uint64_t, std::uint64_t> wanted; // offset → record number
    for (const OpenReject& reject : batch.rejects)
        if (!reject.exact)
            wanted[reject.place.offset] = reject.place.record_number;
    if (wanted.empty())
        return found;
    const auto path = find_file(settings, batch);
    if (!path)
        return found;
    const auto reader = format.reader(importers::open_file(path->string()));
    importers::RawRecord record;
    for (auto more = reader->next(record); !more || *more; more = reader->next(record)) {
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
    void one_batch(const RejectedBatch& batch);
    struct Sorted {
        std::vector<std::int64_t> good;
        std::map<std::uint64_t, std::int64_t> ids; ///< of the good, by record number
        std::vector<std::pair<std::int64_t, Reject>> still_bad;
        std::uint64_t skipped = 0;
    };
    void store(const RejectedBatch& batch, importers::SinkSession& session, importers::Block& block,
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
    throw Error(Exit::usage, fmt::format("feed '{}' is not declared", name));
}

void Retry::one_batch(const RejectedBatch& batch) {
    const auto feed = find(batch.feed);
    const auto session = open_session(wiring_, feed, *connection_);
    const auto masked = read_masked(settings_, batch, *feed->format);
    const auto parser = feed->format->parser(batch.header);
    const auto block = session->new_block();
    std::vector<expr::Value> fields(feed->format->fields().size());
    expr::Arena arena;
    Sorted sorted;
    for (const OpenReject& reject : batch.rejects) {
        const auto bytes = masked.find(reject.place.record_number);
        if (!reject.exact && bytes == masked.end()) {
            ++result_.unreachable;
            continue;
        }
        const std::string& raw = reject.exact ? reject.raw : bytes->second;
        importers::OccurrenceCounter occurrences(reject.occurrence);
        arena.reset();
        const importers::Storable storable = parser->storable(raw, arena);
        Expected<importers::Added> added = bad("");
        if (auto parsed = parser->parse(raw, fields, arena); !parsed)
            added = tl::make_unexpected(std::move(parsed.error()));
        else
            added = Adder(*session, occurrences)
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

void Retry::store(const RejectedBatch& batch, importers::SinkSession& session,
                  importers::Block& block, const Sorted& sorted) {
    const Counts counts = db::retry_on_conflict(payments::k_import_retry, [&] {
        db::Transaction tx(*connection_);
        importers::BlockCounts written;
        if (block.rows() > 0)
            written = session.write(tx, block, batch.id);
        std::vector<std::int64_t> good = sorted.good;
        auto still_bad = sorted.still_bad;
        for (Reject& reject : conflicting(written)) {
            const std::int64_t id = sorted.ids.at(reject.place.record_number);
            std::erase(good, id);
            still_bad.emplace_back(id, std::move(reject));
        }
        mark_retried(tx, good);
        for (const auto& [id, reject] : still_bad)
            update_problem(tx, id, reject.problem);
        Counts outcome{.fresh = written.inserted,
                       .duplicate = written.duplicates,
                       .rejected = still_bad.size(),
                       .skipped = sorted.skipped,
                       .unidentified = written.unidentified};
        count_retried(tx, batch.id, batch.feed, outcome, good.size());
        tx.commit(Failpoint::import_retry_commit);
        return outcome;
    });
    result_.counts += counts;
}

RetryResult Retry::work(const std::vector<std::int64_t>& ids,
                        const std::optional<std::string>& feed) {
    for (std::int64_t after = 0;;) {
        db::Transaction tx(*connection_);
        const std::vector<RejectedBatch> batches = load_open_rejects(tx, ids, feed, after);
        tx.rollback();
        if (batches.empty())
            break;
        for (const RejectedBatch& batch : batches) {
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
