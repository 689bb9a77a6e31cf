// A listening TCP socket, and one connection of it with its limits. Nothing of HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace harmonia::net {

/// Where to listen, from `127.0.0.1:8080`, `[::1]:8080` or `localhost:0` (port 0: any free one).
struct Address {
    std::string host;
    int port = 0;
};

/// Error(config) for what is no address with a port.
[[nodiscard]] Address parse_address(const std::string& text);

/// A bound and listening socket; the caller closes it. Unless `anywhere`, only a loopback address
/// is taken, Error(config) otherwise. Error(unavailable) when the address is in use or not this
/// machine's, Error(permission) when the port is not for this user.
[[nodiscard]] int listen_on(const Address& address, bool anywhere);

/// The port that `socket` listens on.
[[nodiscard]] int port_of(int socket);

/// How long a client may take and how much it may say.
struct ConnectionLimits {
    std::chrono::milliseconds read_timeout{10'000}; ///< the whole request, from its connection on
    std::chrono::milliseconds write_timeout{10'000};
    std::size_t head_bytes_max = 16 * 1024; ///< request line and headers together
};

/// One connection, from accept to close. One thread. What is over a limit ends reading for good:
/// refusal() says why, as an HTTP status, and from then on what is written is thrown away, so that
/// the refusal is the only answer.
class Connection {
public:
    /// Takes the socket over. While `stopping` is set, a connection on which nothing came yet is
    /// not waited for.
    Connection(int socket, const ConnectionLimits& limits, const std::atomic<bool>& stopping);
    ~Connection(); ///< closes it
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Bytes read, 0 at the end, -1 when it failed or was refused.
    [[nodiscard]] long read(char* bytes, std::size_t size);
    /// All of it, or false.
    bool write(const char* bytes, std::size_t size);
    /// The head was read: from here on its size does not count. `more`: a body follows.
    void begin_body(bool more) {
        in_head_ = false;
        unread_ = more;
    }
    /// The body was read too. Where it was not, the connection is closed slowly, so that the answer
    /// arrives although the client still sends.
    void end_body() { unread_ = false; }

    [[nodiscard]] int refusal() const { return refusal_; } ///< 0, 408 or 431
    /// Writes even after a refusal.
    void write_refusal(const std::string& bytes);
    [[nodiscard]] int socket() const { return socket_; }
    [[nodiscard]] const std::string& client() const { return client_; }
    [[nodiscard]] std::chrono::steady_clock::time_point began() const { return began_; }
    [[nodiscard]] bool heard() const { return heard_ > 0; } ///< at least a byte came

private:
    void linger();
    [[nodiscard]] bool fill();
    [[nodiscard]] bool wait_readable();
    bool send_all(const char* bytes, std::size_t size);

    int socket_, refusal_ = 0;
    ConnectionLimits limits_;
    const std::atomic<bool>& stopping_;
    std::chrono::steady_clock::time_point began_;
    std::string client_;
    bool in_head_ = true, unread_ = true;
    std::size_t heard_ = 0, given_ = 0, at_ = 0, filled_ = 0;
    char buffer_[4096];
};

} // namespace harmonia::net
