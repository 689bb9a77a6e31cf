// Messages of one queue: a batch, a transaction, one acknowledgement.
#pragma once

#include "core/broker/client.hpp"
#include "jobs/import/plan/wiring.hpp"
#include "jobs/import/queues/dead_copies.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace harmonia::importing {

class MessageBatch;

/// A commit takes at most Settings::queue_prefetch messages, 32 of alerts; twice as many are
/// prefetched. Stays connected between the rounds of --follow. One thread.
class QueueImport {
public:
    /// Error(config) when the queue does not exist, Error(unavailable). `max`: at most this many
    /// are taken altogether.
    QueueImport(std::shared_ptr<const importers::Feed> feed, broker::Settings settings,
                const Settings& import_settings, std::optional<std::uint64_t> max);

    /// Stores the queue's messages until it is drained, `max` messages were taken, `may_go_on`
    /// returns false (asked before each batch), or a signal came (Error).
    [[nodiscard]] Done drain(FeedRun& run, std::optional<std::uint64_t> max,
                             const std::function<bool()>& may_go_on);
    /// Waits until a message comes, which the next drain() takes first, or the time is over.
    void await(std::chrono::milliseconds longest);

private:
    void collect(MessageBatch& batch, std::uint64_t limit);
    std::shared_ptr<const importers::Feed> feed_;
    Bounds bounds_;
    std::chrono::milliseconds wait_;
    broker::Consumer consumer_;
    DeadCopies copies_;
    std::optional<broker::Delivery> ahead_; ///< what await() was woken by
};

} // namespace harmonia::importing
