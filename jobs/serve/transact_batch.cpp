#include "jobs/serve/transact_batch.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/db/lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace harmonia::serve {
namespace {

constexpr std::size_t k_batch_max = 500;
constexpr int k_tries = 5;                  // as `import`, when another one got in between
constexpr std::chrono::seconds k_fresh{60}; // so long a session's merchants are believed
constexpr const char* k_source = "HTTP: /transact";

/// One refused body, as ops.reject keeps it.
struct Refused {
    std::uint64_t record_no;
    Problem problem;
    std::string raw;
};

std::int64_t open_batch(db::Transaction& tx, const std::string& feed) {
    return tx
        .exec("INSERT INTO ops.import_batch (feed, source, match_group) "
              "VALUES ($1, $2, replace(gen_random_uuid()::text, '-', '')) RETURNING id",
              feed, k_source)
        .integer(0, 0);
}

void store_refused(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::vector<Refused>& refused) {
    if (refused.empty())
        return;
    constexpr std::size_t k_raw_bytes_max = 4000; // as of a file
    db::CopyIn copy(
        tx, "ops.reject",
        {"batch_id", "feed", "source", "record_no", "field", "code", "detail", "raw", "raw_exact"});
    for (const Refused& one : refused) {
        copy.field(batch_id).field(feed).field(k_source).field(one.record_no);
        copy.field(one.problem.field).field(one.problem.code);
        copy.field(mask_digits(printable(one.problem.detail)));
        copy.field(mask_digits(printable(one.raw, k_raw_bytes_max))).field(false);
        copy.end_row();
    }
    copy.finish();
}

// The lock is held until the commit, so that close_seq rises as batches commit.
void close_batch(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                 const importers::BlockCounts& written, std::size_t read, std::size_t refused) {
    tx.exec("SELECT pg_notify('harmonia_imported', $1)", feed);
    db::transaction_lock(tx, db::LockClass::close_batch, "close");
    tx.exec("UPDATE ops.import_batch SET state = 'loaded', closed_at = now(), "
            "close_seq = nextval('ops.close_seq'), records_done = $2, count_new = $3, "
            "count_duplicate = $4, count_rejected = $5 WHERE id = $1",
            batch_id, read, written.inserted, written.duplicates, refused);
}

bool refuses_data(const db::Failure& failure) {
    const std::string_view kind = std::string_view(failure.sqlstate()).substr(0, 2);
    return kind == "22" || kind == "23" || kind == "54";
}

} // namespace

TransactBatcher::TransactBatcher(std::shared_ptr<const importers::TextFeed> feed,
                                 importers::SinkFactory sink, db::Settings database)
    : feed_(std::move(feed)), sink_(std::move(sink)), database_(std::move(database)),
      splitter_(feed_->format->splitter({})), thread_([this] { work(); }) {
    database_.connect_wait = std::chrono::milliseconds(0); // a client waits
}

TransactBatcher::~TransactBatcher() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Taken TransactBatcher::submit(std::string body, std::string id) {
    std::future<Taken> done;
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(body), std::move(id), {}});
        done = waiting_.back().done.get_future();
    }
    changed_.notify_all();
    return done.get();
}

// What comes while a batch commits is the next batch: no time is spent waiting for company.
void TransactBatcher::work() {
    while (true) {
        std::vector<Waiting> batch;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty())
                return;
            const std::size_t size = std::min(waiting_.size(), k_batch_max);
            std::move(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(size),
                      std::back_inserter(batch));
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(size));
        }
        store(batch);
    }
}

void TransactBatcher::open() {
    const auto now = std::chrono::steady_clock::now();
    if (session_ != nullptr && now - opened_ < k_fresh)
        return;
    HARMONIA_CHECK(sink_ != nullptr);
    session_.reset();
    if (connection_ == nullptr)
        connection_ = db::connect(database_);
    session_ = sink_(feed_, *connection_);
    opened_ = now;
}

// A batch that the database refuses for what is in it is written one by one, so that only the bad
// one is told so.
void TransactBatcher::store(std::vector<Waiting>& batch) {
    const auto fail_all = [&] {
        session_.reset();
        connection_.reset();
        for (Waiting& one : batch)
            one.done.set_exception(std::current_exception());
    };
    try {
        const std::vector<Taken> taken = write(batch);
        for (std::size_t i = 0; i < batch.size(); ++i)
            batch[i].done.set_value(taken[i]);
    } catch (const db::Failure& failure) {
        if (!refuses_data(failure))
            return fail_all();
        if (batch.size() == 1)
            return batch.front().done.set_value(
                {batch.front().id,
                 Problem{"not_storable", {}, "the database refuses it: " + failure.sqlstate()}});
        for (Waiting& one : batch) {
            std::vector<Waiting> alone;
            alone.push_back(std::move(one));
            store(alone);
        }
    } catch (...) {
        fail_all();
    }
}

std::vector<Taken> TransactBatcher::write(std::span<const Waiting> batch) {
    for (int attempt = 1;; ++attempt) {
        try {
            open();
            const auto block = session_->new_block();
            importers::Twins twins(importers::Twins::Mode::messages);
            std::vector<Taken> taken(batch.size());
            std::vector<Refused> refused;
            expr::Arena arena;
            std::vector<expr::Value> fields(feed_->format->fields().size());
            for (std::size_t i = 0; i < batch.size(); ++i) {
                arena.reset();
                const auto raw = splitter_->storable(batch[i].body, arena);
                broker::Delivery delivery;
                delivery.properties.message_id = batch[i].id;
                auto done = splitter_->split(batch[i].body, fields, arena);
                Expected<importers::Added> added = bad("");
                importers::OrderTexts texts;
                if (done)
                    done = feed_->texts().read(fields, texts, arena);
                if (done)
                    added = session_->add_message(*block, {i + 1, 0, 0, raw.secrets_dropped},
                                                  delivery, raw.text, fields, twins);
                else
                    added = tl::make_unexpected(std::move(done.error()));
                taken[i].transaction_id = std::string(texts.front().value_or(batch[i].id));
                if (added)
                    continue;
                taken[i].refused = added.error();
                refused.push_back({i + 1, added.error(), std::string(raw.text)});
            }
            db::Transaction tx(*connection_);
            const std::int64_t batch_id = open_batch(tx, feed_->name);
            importers::BlockCounts written;
            if (block->rows() > 0)
                written = session_->write(tx, *block, batch_id);
            for (const importers::Conflict& conflict : written.conflicts) {
                taken[conflict.place.record_number - 1].refused = conflict.problem;
                refused.push_back({conflict.place.record_number, conflict.problem, conflict.raw});
            }
            store_refused(tx, batch_id, feed_->name, refused);
            close_batch(tx, batch_id, feed_->name, written, batch.size(), refused.size());
            tx.commit(Failpoint::import_queue_commit);
            return taken;
        } catch (const db::Failure& failure) {
            if ((!failure.unique_violation() && !failure.retryable()) || attempt == k_tries)
                throw;
        }
    }
}

} // namespace harmonia::serve
