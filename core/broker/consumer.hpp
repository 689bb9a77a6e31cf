// Consuming one queue with manual acknowledgement, prefetch, and multiple-acks.
//
// The connection lives on a thread of its own: heartbeats go on while the caller works on the
// database. All member functions belong to one caller thread. At most `prefetch` deliveries are
// with the caller or in the buffer, so memory is bounded by prefetch × body_bytes_max.
//
// A lost connection makes all un-acknowledged deliveries void: the broker will deliver them again.
// The buffer is emptied, generation() rises, and the consumer connects again by itself with
// jittered back-off; a tag of an earlier generation is answered with false. The caller may still
// commit the deliveries it has if its records are stored once by identity; otherwise it drops them.
#pragma once

#include "core/base/failpoint.hpp"
#include "core/broker/message.hpp"
#include "core/broker/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace harmonia::broker {

struct ConsumerOptions {
    std::string queue;
    std::uint16_t prefetch = 1000;           ///< un-acknowledged at once, from 1
    std::size_t body_bytes_max = 16U << 20U; ///< longer bodies arrive cut, with `oversized`
};

class Consumer {
public:
    /// Connects and begins to consume. Error(unavailable) when the broker cannot be reached within
    /// settings.connect_wait_ms; Error(config) when the queue does not exist.
    Consumer(Settings settings, ConsumerOptions options);
    /// Closes the connection: un-acknowledged deliveries go back to the queue.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// The next delivery, waiting up to `timeout`; empty when none came. Throws when reconnecting
    /// failed for good (as the constructor).
    [[nodiscard]] std::optional<Delivery> next(std::chrono::milliseconds timeout);

    /// Acknowledges this and every earlier un-acknowledged delivery of its generation, as one
    /// message; returns when it was written to the socket. False: the tag is void.
    bool ack_through(DeliveryTag tag, Failpoint point);

    /// Refuses one delivery without requeue: it goes to the queue's dead-letter exchange, or is
    /// gone. Only after its content was committed elsewhere. False: the tag is void.
    bool reject(DeliveryTag tag, Failpoint point);

    /// Stops consuming and requeues all un-acknowledged deliveries; next() is empty from then on.
    void requeue_all();

    /// Which connection this is, from 1.
    [[nodiscard]] std::uint64_t generation() const;
    [[nodiscard]] bool valid(DeliveryTag tag) const { return tag.generation == generation(); }

    /// True when the queue had nothing ready at some moment of this call and nothing is buffered or
    /// on its way: two passive declares on the consuming channel both said 0, and no delivery came
    /// before the second answer. (One is not enough: the broker answers before it
    /// writes what it already handed to the channel. Both are answered in the channel's order.)
    /// Messages that other consumers hold do not count. While `prefetch` deliveries are
    /// un-acknowledged, none can come: acknowledge first.
    [[nodiscard]] bool drained();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::broker
