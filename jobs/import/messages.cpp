#include "jobs/import/messages.hpp"

#include "core/base/log.hpp"

#include <fmt/format.h>

namespace harmonia::importing {

MessageBatch::MessageBatch(FeedRun& run)
    : run_(run), adder_(run.session, twins_), block_(run.session.new_block()),
      splitter_(run.feed->format->splitter({})), fields_(run.feed->format->fields().size()) {}

void MessageBatch::clear() {
    block_->clear();
    letters_.clear();
    counts_ = {};
    bytes_ = 0;
}

Expected<importers::Added> MessageBatch::take(const broker::Delivery& message) {
    if (message.oversized)
        return bad("record_too_long", {}, fmt::format("longer than {} bytes", k_body_bytes_max));
    const auto& wanted = run_.feed->content_type;
    if (wanted && !content_type_fits(*wanted, message.properties.content_type))
        return bad("content_type", {},
                   fmt::format("'{}' instead of '{}'", *message.properties.content_type, *wanted));
    arena_.reset();
    if (auto split = splitter_->split(message.body, fields_, arena_); !split)
        return tl::make_unexpected(std::move(split.error()));
    return adder_.add(*block_, {counts_.read, 0, 0}, message.body, fields_);
}

void MessageBatch::add(const broker::Delivery& message) {
    last_ = message.tag;
    ++counts_.read;
    auto added = take(message);
    if (added) {
        counts_.skipped += *added == importers::Added::kept ? 0 : 1;
        return;
    }
    ++counts_.rejected;
    bytes_ += message.body.size();
    // The body is kept whole; what is said about it must be fit to print.
    Problem problem = make_reject({}, std::move(added.error()), {}).problem;
    log::warn("dead letter",
              {{"feed", run_.feed->name}, {"field", problem.field}, {"reason", problem.code}});
    letters_.push_back({message.exchange, message.routing_key, message.properties_json(),
                        message.body, std::move(problem), message.redelivered});
}

Counts MessageBatch::store() {
    const importers::Feed& feed = *run_.feed;
    return write_despite_others([&] {
        db::Transaction tx(run_.connection);
        const std::int64_t id =
            open_message_batch(tx, feed.name, feed.source.queue, new_match_group());
        importers::BlockCounts written;
        if (block_->rows() > 0)
            written = run_.session.write(tx, *block_, id);
        store_dead_letters(tx, feed.name, feed.source.queue, letters_);
        Counts counts = counts_;
        counts.fresh = written.inserted;
        counts.duplicate = written.duplicates;
        counts.unidentified = written.unidentified;
        move_checkpoint(tx, id,
                        {0, 0, counts.read, counts, written.date_from_us, written.date_to_us});
        close_batch(tx, id, feed.name);
        tx.commit(Failpoint::import_queue_commit);
        return counts;
    });
}

} // namespace harmonia::importing
