#include "jobs/serve/transact_batch.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/payments/import_batch.hpp"

#include <algorithm>
#include <iterator>

namespace harmonia::serve {
namespace {

constexpr std::size_t k_batch_max = 500;
constexpr std::chrono::seconds k_session_age_max{60}; // then merchants are read again
constexpr std::size_t k_raw_bytes_max = 4000;         // as of a file
constexpr const char* k_source = "HTTP: /transact";

void store_refused(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::vector<importers::Conflict>& refused) {
    if (refused.empty())
        return;
    payments::RejectCopy copy(tx, batch_id, feed, k_source);
    for (const importers::Conflict& one : refused) {
        const std::string detail = mask_digits(printable(one.problem.detail));
        const std::string raw = mask_digits(printable(one.raw, k_raw_bytes_max));
        copy.add({.record_no = one.place.record_number,
                  .line_no = {},
                  .byte_offset = {},
                  .field = one.problem.field,
                  .code = one.problem.code,
                  .detail = detail,
                  .raw = raw,
                  .raw_exact = false});
    }
    copy.finish();
}

} // namespace

TransactBatcher::TransactBatcher(std::shared_ptr<const importers::Feed> feed,
                                 importers::SinkFactory sink, db::Settings database)
    : feed_(std::move(feed)), sink_(std::move(sink)), database_(std::move(database)),
      parser_(feed_->format->parser({})), thread_([this] { work(); }) {
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

// What arrives while a batch commits is the next batch: nothing waits for company.
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

void TransactBatcher::open_session() {
    const auto now = std::chrono::steady_clock::now();
    if (session_ != nullptr && now - opened_ < k_session_age_max)
        return;
    HARMONIA_CHECK(sink_ != nullptr);
    session_.reset();
    if (connection_ == nullptr)
        connection_ = db::connect(database_);
    session_ = sink_(feed_, *connection_);
    opened_ = now;
}

// A batch that the database refuses for its data is written one by one, so that only the bad
// request is refused.
void TransactBatcher::store(std::vector<Waiting>& requests) {
    const auto fail_all = [&] {
        session_.reset();
        connection_.reset();
        for (Waiting& one : requests)
            one.done.set_exception(std::current_exception());
    };
    try {
        const std::vector<Taken> taken = write(requests);
        for (std::size_t i = 0; i < requests.size(); ++i)
            requests[i].done.set_value(taken[i]);
    } catch (const db::Failure& failure) {
        if (!db::is_data_error(failure))
            return fail_all();
        if (requests.size() == 1)
            return requests.front().done.set_value(
                {requests.front().id, payments::not_storable(failure)});
        for (Waiting& one : requests) {
            std::vector<Waiting> alone;
            alone.push_back(std::move(one));
            store(alone);
        }
    } catch (...) {
        fail_all();
    }
}

TransactBatcher::Batch TransactBatcher::parse(std::span<const Waiting> requests) {
    Batch batch{session_->new_block(), std::vector<Taken>(requests.size()), {}};
    importers::OccurrenceCounter occurrences(importers::OccurrenceCounter::Mode::messages);
    expr::Arena arena;
    std::vector<expr::Value> fields(feed_->format->fields().size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        arena.reset();
        const importers::Storable raw = parser_->storable(requests[i].body, arena);
        const importers::Place place{i + 1, 0, 0, raw.secrets_dropped};
        broker::Delivery delivery;
        delivery.properties.message_id = requests[i].id;
        importers::OrderTexts texts;
        auto parsed = parser_->parse(requests[i].body, fields, arena);
        if (parsed)
            parsed = feed_->texts->read(fields, texts, arena);
        Expected<importers::Added> added = bad("");
        if (parsed)
            added =
                session_->add_message(*batch.block, place, delivery, raw.text, fields, occurrences);
        else
            added = tl::make_unexpected(std::move(parsed.error()));
        batch.taken[i].transaction_id = std::string(texts.front().value_or(requests[i].id));
        if (added)
            continue;
        batch.taken[i].refused = added.error();
        batch.refused.push_back({place, added.error(), std::string(raw.text)});
    }
    return batch;
}

std::vector<Taken> TransactBatcher::write(std::span<const Waiting> requests) {
    return db::retry_on_conflict(
        payments::k_import_retry,
        [&] {
            open_session();
            Batch batch = parse(requests);
            db::Transaction tx(*connection_);
            const std::int64_t batch_id = payments::open_batch(tx, {feed_->name, k_source});
            importers::BlockCounts written;
            if (batch.block->rows() > 0)
                written = session_->write(tx, *batch.block, batch_id);
            for (const importers::Conflict& conflict : written.conflicts) {
                HARMONIA_CHECK(conflict.place.record_number <= requests.size());
                batch.taken[conflict.place.record_number - 1].refused = conflict.problem;
                batch.refused.push_back(conflict);
            }
            store_refused(tx, batch_id, feed_->name, batch.refused);
            payments::close_batch(tx, batch_id, feed_->name,
                                  {.records = requests.size(),
                                   .fresh = written.inserted,
                                   .duplicate = written.duplicates,
                                   .rejected = batch.refused.size()});
            tx.commit(Failpoint::import_queue_commit);
            return std::move(batch.taken);
        });
}

} // namespace harmonia::serve
