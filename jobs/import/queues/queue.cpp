#include "jobs/import/queues/queue.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/import/queues/messages.hpp"

#include <algorithm>
#include <utility>

namespace harmonia::importing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds k_poll{100}; // how soon a signal is noticed
constexpr std::chrono::milliseconds k_gap{10};   // a batch ends when no message comes for it
constexpr std::uint64_t k_prefetch_max = 65'535; // of the protocol
/// So that 64 are prefetched: a queue of alerts drops a message after five deliveries, and a
/// process that is killed uses one up for every message it held.
constexpr std::uint16_t k_alert_rows = 32;

std::uint16_t rows_of(const importers::Feed& feed, const Settings& settings) {
    return feed.sink == importers::k_alerts ? std::min(k_alert_rows, settings.queue_prefetch)
                                            : settings.queue_prefetch;
}

// Twice a batch: while one is written, the next is delivered. Never more than are to be taken.
broker::ConsumerOptions options_for(const std::string& queue, std::uint64_t batch_rows,
                                    std::optional<std::uint64_t> max) {
    const std::uint64_t ahead =
        std::min({batch_rows * 2, max.value_or(k_prefetch_max), k_prefetch_max});
    return {.queue = queue,
            .prefetch = static_cast<std::uint16_t>(std::max<std::uint64_t>(1, ahead)),
            .body_bytes_max = k_body_bytes_max};
}

} // namespace

QueueImport::QueueImport(std::shared_ptr<const importers::Feed> feed, broker::Settings settings,
                         const Settings& import_settings, std::optional<std::uint64_t> max)
    : feed_(std::move(feed)), bounds_{.rows = rows_of(*feed_, import_settings),
                                      .bytes = import_settings.block.bytes},
      wait_(import_settings.queue_wait),
      consumer_(settings, options_for(feed_->source.queue, bounds_.rows, max)),
      copies_(std::move(settings)) {}

// Until the batch is full, the queue is empty, or the batch's first message has waited long enough.
void QueueImport::collect(MessageBatch& batch, std::uint64_t limit) {
    Clock::time_point since;
    while (!batch.full(bounds_) && batch.size() < limit) {
        throw_if_stopped();
        auto message = ahead_ ? std::exchange(ahead_, std::nullopt)
                              : consumer_.next(batch.size() > 0 ? k_gap : k_poll);
        if (message) {
            // A new connection: the messages of the old one will be delivered again.
            if (batch.size() > 0 && message->tag.generation != batch.last().generation)
                batch.clear();
            if (batch.size() == 0)
                since = Clock::now();
            batch.add(std::move(*message));
        } else if (consumer_.drained()) {
            return;
        }
        if (batch.size() > 0 && Clock::now() - since >= wait_)
            return;
    }
}

void QueueImport::await(std::chrono::milliseconds longest) {
    const auto until = Clock::now() + longest;
    while (!ahead_ && Clock::now() < until) {
        throw_if_stopped();
        ahead_ = consumer_.next(k_poll);
    }
}

Done QueueImport::drain(FeedRun& run, std::optional<std::uint64_t> max,
                        const std::function<bool()>& may_go_on) {
    Done done{Done::State::received, feed_->name, "AMQP: " + feed_->source.queue, {}, {}};
    MessageBatch batch(run);
    while ((!max || done.counts.read < *max) && may_go_on()) {
        throw_if_stopped();
        batch.clear();
        collect(batch, max ? *max - done.counts.read : bounds_.rows);
        if (batch.size() == 0)
            break;
        if (!consumer_.valid(batch.last()))
            continue;
        done.counts += batch.store();
        if (importers::copies_dead_letters(*feed_))
            copies_.send(*feed_, batch.stored_letters());
        if (feed_->source.reject_dead)
            for (const std::uint64_t tag : batch.dead())
                consumer_.reject({batch.last().generation, tag}, Failpoint::import_queue_reject);
        if (!consumer_.ack_through(batch.last(), Failpoint::import_queue_ack))
            log::warn(
                "broker connection lost after a commit; its messages come again as duplicates",
                {{"feed", feed_->name}});
        if (run.progress)
            run.progress({feed_->name, done.source, "receiving", 0, 0, done.counts.read});
    }
    return done;
}

} // namespace harmonia::importing
