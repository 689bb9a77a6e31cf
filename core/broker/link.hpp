// One AMQP connection with one channel, and its errors in the program's terms. Inside core/broker
// only.
//
// Not thread-safe: only the thread that made it uses it, except shut_down(), which any thread may
// call to end a write that the broker does not take.
#pragma once

#include "core/base/error.hpp"
#include "core/broker/settings.hpp"

#include <amqp.h>

#include <memory>
#include <string>

namespace harmonia::broker {

/// The connection is gone: Exit::unavailable. Connecting again may help.
class LinkLost : public Error {
public:
    using Error::Error;
};

/// The broker closed the channel (missing queue, mismatch, refusal); the connection stays.
class ChannelClosed : public Error {
public:
    ChannelClosed(Exit exit, int code, const std::string& what, std::string hint)
        : Error(exit, what, std::move(hint)), code_(code) {}
    [[nodiscard]] int code() const { return code_; } ///< AMQP reply code: 404, 406, …

private:
    int code_;
};

/// Wakes a thread that waits in Link::wait(). Any thread may set it.
class WakeEvent {
public:
    WakeEvent();
    ~WakeEvent();
    WakeEvent(const WakeEvent&) = delete;
    WakeEvent& operator=(const WakeEvent&) = delete;
    void set();
    void clear();
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

class Link {
public:
    static constexpr amqp_channel_t k_channel = 1;

    /// One try: connects, logs in, opens the channel. LinkLost when the broker cannot be reached,
    /// Error (permission) or (config) when it refuses user or virtual host.
    explicit Link(const Settings& settings);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] amqp_connection_state_t state() const { return state_; }
    [[nodiscard]] const std::string& where() const { return where_; }

    /// One frame if one is there now; false otherwise. Sends heartbeats that are due. LinkLost when
    /// the connection is gone, also when the broker closes it (with its words). Memory that the
    /// frame points into lives until release().
    bool read(amqp_frame_t& frame);
    void release();
    /// More frames may be at hand without asking the socket.
    [[nodiscard]] bool buffered() const;
    /// What wait() found.
    struct Ready {
        bool readable = false, writable = false, woken = false;
    };
    /// Sleeps until bytes arrive, `wake` is set, the socket can be written to (if asked) or a
    /// second passed: then read() must be called, which sends the heartbeats that are due.
    Ready wait(const WakeEvent& wake, bool until_writable);

    /// While on, written bytes are held back for more: full segments cost the broker less to read.
    void cork(bool on);

    void open_channel();
    /// Checks a library call's result: LinkLost when it failed.
    void check(int status, const char* doing);
    /// Checks the reply to the last synchronous call: LinkLost, or ChannelClosed after answering it
    /// (the channel is then closed and must be opened again).
    void check_reply(const std::string& doing);
    /// Answers a channel.close that came as a frame; returns what it said.
    [[nodiscard]] ChannelClosed channel_closed(const amqp_method_t& method,
                                               const std::string& doing);

    /// Closes the connection, waiting a second at most; for destructors, never throws.
    void close() noexcept;
    void shut_down() noexcept;

private:
    void connect(const Settings& settings, const Endpoint& endpoint);
    void log_in(const Settings& settings, const Endpoint& endpoint);
    [[noreturn]] void lost(const std::string& doing, const std::string& why) const;

    struct Destroy {
        void operator()(amqp_connection_state_t_* state) const { amqp_destroy_connection(state); }
    };
    std::unique_ptr<amqp_connection_state_t_, Destroy> owner_;
    amqp_connection_state_t state_;
    std::string where_;
    int connect_timeout_ms_;
    bool alive_ = false, tls_ = false;
};

} // namespace harmonia::broker
