// Publishing with confirms: a window of messages is in flight at once, and each message gets an
// outcome under its token.
//
// The connection lives on a thread of its own, so that heartbeats are answered while the caller
// works on the database. All member functions belong to one caller thread. Messages are published
// in the order given, except that only one message of an order key is in flight at a time: the next
// is sent when it is confirmed; if it failed, every later message of that key is answered `held`
// until reset_failed_keys().
//
// When the connection is lost, messages that were sent and not confirmed are answered `unknown`,
// and those that were not sent `held`; from then on publish() answers `held` at once, so that
// nothing overtakes the unknown ones, until the caller has taken all outcomes and calls recover().
//
// While the broker blocks its publishers (connection.blocked) sending pauses; one warning is
// logged.
#pragma once

#include "core/base/failpoint.hpp"
#include "core/broker/message.hpp"
#include "core/broker/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::broker {

/// A larger window gains nothing and costs the broker memory.
inline constexpr std::size_t k_window_max = 5000;

struct Outcome {
    enum class State {
        confirmed, ///< the broker has taken responsibility
        nacked,    ///< the broker refused it (a full queue, an internal error)
        returned,  ///< mandatory, but no queue takes it
        unknown,   ///< sent, then the connection was lost: publish it again, byte-identical
        held,      ///< not sent: an earlier one of its key failed, or the connection was lost
    };
    std::uint64_t token = 0;
    State state = State::confirmed;
    std::string reason; ///< the broker's words; empty when confirmed
};
[[nodiscard]] const char* outcome_name(Outcome::State state);

struct PublisherOptions {
    std::size_t window = 500;       ///< sent and not yet confirmed, 1…k_window_max
    std::size_t queue_max = 10'000; ///< accepted and not yet answered; publish() waits beyond it
    std::size_t queue_bytes_max = 64U << 20U; ///< bodies of those; bounds memory
};

class Publisher {
public:
    /// Connects; Error(unavailable) when the broker cannot be reached within
    /// settings.connect_wait_ms, Error(permission) when it refuses the user.
    explicit Publisher(Settings settings, PublisherOptions options = {});
    /// Closes the connection; unconfirmed messages get no outcome.
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Accepts a message. Waits while the queue is full; Error(try_again) when the broker took
    /// nothing for a minute. A message that cannot be encoded (a name over 255 bytes, headers over
    /// 16 KiB) is answered `nacked`; so is one for which the broker closes the channel (a missing
    /// exchange, a bad expiration), with the broker's words: the others are sent again.
    void publish(Message message, std::uint64_t token, std::string_view order_key = {});

    /// The outcomes so far, in the order they became known; waits up to `timeout` until there are
    /// `enough` (or all that are outstanding). Empty: none came.
    [[nodiscard]] std::vector<Outcome> take(Failpoint point, std::chrono::milliseconds timeout,
                                            std::size_t enough = 1);

    [[nodiscard]] std::size_t outstanding() const; ///< accepted, outcome not taken yet
    [[nodiscard]] bool lost() const;               ///< recover() is needed
    /// After lost() and outstanding() == 0: waits until connected again. Throws as the constructor
    /// does.
    void recover();
    /// Forgets which order keys failed. Only with outstanding() == 0.
    void reset_failed_keys();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::broker
