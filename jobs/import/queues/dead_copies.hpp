// Copies of dead letters for operators who watch a queue rather than a table
// (importers::copies_dead_letters).
//
// A copy is a JSON object: feed, queue, code, field, detail, exchange, routing_key, properties, and
// the body as `body_base64`, as far as it may be kept (ops.dead_letter holds the same). Its message
// id is made from these, so that a copy that was sent twice can be recognized.
#pragma once

#include "core/broker/client.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/import/store/store.hpp"

#include <memory>
#include <span>

namespace harmonia::importing {

/// Connects when the first copy is sent. One thread.
class DeadCopies {
public:
    explicit DeadCopies(broker::Settings settings) : settings_(std::move(settings)) {}
    /// Returns when the broker has confirmed all of them on the feed's dead_queue; only then may
    /// the messages be acknowledged. Error(config) when there is no such queue, Error(try_again)
    /// when it accepts nothing, Error(unavailable) when the broker cannot be reached.
    void send(const importers::Feed& feed, std::span<const DeadLetter> letters);

private:
    broker::Settings settings_;
    std::unique_ptr<broker::Publisher> publisher_;
};

} // namespace harmonia::importing
