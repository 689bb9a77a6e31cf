// Publishing with confirms: a window of messages is in flight at once, each is answered for by
// token.
//
// The connection lives on a thread of its own, so that heartbeats are answered while the caller
// works on the database. All member functions belong to one caller thread. Messages are published
// in the order given, except that of one order key only one is in flight at a time: the next goes
// out when it is confirmed, and when it failed, every later message of that key is answered `held`
// until forgive().
//
// A lost connection answers `unknown` for all that was sent and not confirmed, and `held` for all
// that was not sent; from then on publish() answers `held` at once, so that nothing overtakes what
// is unknown, until the caller, having taken all outcomes, calls recover().
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

/// Above this a bigger window gains nothing and the broker's memory for it grows.
inline constexpr std::size_t k_window_max = 5000;

struct Outcome {
    enum class State {
        confirmed, ///< the broker has taken responsibility
        nacked,    ///< the broker refused it (a full queue, an internal error)
        returned,  ///< mandatory, and no queue takes it
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
    /// Closes the connection; what was not confirmed stays unanswered.
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Accepts a message. Waits while the queue is full; Error(try_again) when the broker took
    /// nothing for a minute. What cannot be put on the wire (a name beyond 255 bytes, headers
    /// beyond 16 KiB) is answered `nacked`; so is what makes the broker close the channel (a
    /// missing exchange, a bad expiration), with its words: the rest is sent again and not
    /// disturbed.
    void publish(Message message, std::uint64_t token, std::string_view order_key = {});

    /// The outcomes so far, in the order they became known; waits up to `timeout` until there are
    /// `enough` (or all that are outstanding). Empty: none came.
    [[nodiscard]] std::vector<Outcome> take(Failpoint point, std::chrono::milliseconds timeout,
                                            std::size_t enough = 1);

    [[nodiscard]] std::size_t outstanding() const; ///< accepted, and their outcome not taken
    [[nodiscard]] bool lost() const;               ///< recover() is needed
    /// After lost() and outstanding() == 0: waits until connected again. Throws as the constructor
    /// does.
    void recover();
    /// Forgets which order keys failed. Only with outstanding() == 0.
    void forgive();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::broker
