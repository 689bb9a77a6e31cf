#include "jobs/import/queues/messages.hpp"

#include "core/base/log.hpp"

#include <fmt/format.h>

namespace harmonia::importing {

MessageBatch::MessageBatch(FeedRun& run)
    : run_(run), adder_(run.session, occurrences_), block_(run.session.new_block()),
      parser_(run.feed->format->parser({})), fields_(run.feed->format->fields().size()) {}

void MessageBatch::clear() {
    start_block();
    messages_.clear();
    bytes_ = 0;
    dead_.clear();
    stored_letters_.clear();
}

void MessageBatch::start_block() {
    block_->clear();
    letters_.clear();
    counts_ = {};
}

Expected<importers::Added> MessageBatch::take(const broker::Delivery& message) {
    if (message.oversized)
        return bad("record_too_long", {},
                   fmt::format("the body must be at most {} bytes", k_body_bytes_max));
    const auto& wanted = run_.feed->content_type;
    if (wanted && !content_type_fits(*wanted, message.properties.content_type))
        return bad(
            "content_type", {},
            fmt::format("must be '{}', got '{}'", *wanted, *message.properties.content_type));
    arena_.reset();
    storable_ = parser_->storable(message.body, arena_);
    if (auto parsed = parser_->parse(message.body, fields_, arena_); !parsed)
        return tl::make_unexpected(std::move(parsed.error()));
    return adder_.add(*block_, {counts_.read, 0, 0, storable_.secrets_dropped}, message,
                      storable_.text, fields_);
}

void MessageBatch::add(broker::Delivery&& message) {
    bytes_ += message.body.size();
    messages_.push_back(std::move(message));
    map(messages_.back());
}

void MessageBatch::map(const broker::Delivery& message) {
    ++counts_.read;
    auto added = take(message);
    if (!added)
        refuse(message, std::move(added.error()));
    else
        counts_.skipped += *added == importers::Added::kept ? 0 : 1;
}

// The body is kept whole; the problem with it must be printable.
void MessageBatch::refuse(const broker::Delivery& message, Problem problem) {
    ++counts_.rejected;
    letters_.push_back(letter(message, std::move(problem)));
    dead_.insert(message.tag.tag);
}

DeadLetter MessageBatch::letter(const broker::Delivery& message, Problem problem) {
    problem = make_reject({}, std::move(problem), {}).problem;
    ++counts_.reasons[problem.code];
    log::warn("dead letter",
              {{"feed", run_.feed->name}, {"field", problem.field}, {"reason", problem.code}});
    expr::Arena arena;
    return {message.exchange,          message.routing_key,
            message.properties_json(), std::string(parser_->storable(message.body, arena).text),
            std::move(problem),        message.redelivered};
}

// The batch may be written again: only the tags are kept.
std::vector<DeadLetter> MessageBatch::with_conflicts(const importers::BlockCounts& written,
                                                     std::size_t from) {
    std::vector<DeadLetter> letters = letters_;
    for (const importers::Conflict& conflict : written.conflicts) {
        const broker::Delivery& message = messages_[from + conflict.place.record_number - 1];
        letters.push_back(letter(message, conflict.problem));
        dead_.insert(message.tag.tag);
    }
    return letters;
}

Counts MessageBatch::store() {
    try {
        return store_block(0);
    } catch (const db::Failure& failure) {
        if (!db::is_data_error(failure))
            throw;
        return store_range(0, messages_.size());
    }
}

Counts MessageBatch::store_range(std::size_t from, std::size_t to) {
    start_block();
    for (std::size_t i = from; i < to; ++i)
        map(messages_[i]);
    try {
        return store_block(from);
    } catch (const db::Failure& failure) {
        if (!db::is_data_error(failure))
            throw;
        if (to - from > 1) {
            Counts counts = store_range(from, from + (to - from) / 2);
            counts += store_range(from + (to - from) / 2, to);
            return counts;
        }
        start_block();
        ++counts_.read;
        refuse(messages_[from], payments::not_storable(failure));
        return store_block(from);
    }
}

Counts MessageBatch::store_block(std::size_t from) {
    const importers::Feed& feed = *run_.feed;
    const Counts taken = counts_;
    return db::retry_on_conflict(payments::k_import_retry, [&] {
        counts_ = taken;
        db::Transaction tx(run_.connection);
        const std::int64_t id = payments::open_batch(tx, {feed.name, "AMQP: " + feed.source.queue});
        importers::BlockCounts written;
        if (block_->rows() > 0)
            written = run_.session.write(tx, *block_, id);
        const auto letters = with_conflicts(written, from);
        store_dead_letters(tx, feed.name, feed.source.queue, letters);
        Counts counts = counts_;
        count_written(counts, written);
        move_checkpoint(tx, id,
                        {0, 0, counts.read, counts, written.date_from_us, written.date_to_us});
        payments::close_batch(tx, id, feed.name);
        tx.commit(Failpoint::import_queue_commit);
        stored_letters_.insert(stored_letters_.end(), letters.begin(), letters.end());
        return counts;
    });
}

} // namespace harmonia::importing
