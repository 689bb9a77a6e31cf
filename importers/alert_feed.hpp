// Feeds of alerts: messages whose sink reads them itself, as those of protocols, but in JSON and
// perhaps with a card number.
#pragma once

#include "importers/feed.hpp"

namespace harmonia::importers {

inline constexpr const char* k_alerts = "alerts"; ///< the sink of alerts, ours and of 2018

/// Before a dead letter of such a feed is acknowledged, the broker has confirmed a copy of it on
/// the feed's dead_queue, where it names one: who watches alerts watches queues.
[[nodiscard]] inline bool copies_dead_letters(const Feed& feed) {
    return feed.sink == k_alerts && !feed.source.dead_queue.empty();
}

/// One body a line. One field, the body as it came; its raw form is without card numbers and
/// security codes.
[[nodiscard]] std::shared_ptr<const Format> make_card_message();

} // namespace harmonia::importers
