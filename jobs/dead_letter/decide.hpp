// How a dead letter is replayed.
#pragma once

#include <string>

namespace harmonia::dead_letter {

/// One row of ops.dead_letter.
struct Letter {
    long long id = 0;
    std::string feed, queue, exchange, routing_key, properties, body, code, detail, state,
        created_at;
};

/// The outbox row that replays it: to its own queue through the default exchange (other queues
/// bound to its exchange must not get it twice), with its own properties and headers.
struct Replay {
    std::string key, routing_key, properties, headers;
};
/// Error(data) when its properties are not a JSON object.
[[nodiscard]] Replay replay_of(const Letter& letter);

} // namespace harmonia::dead_letter
