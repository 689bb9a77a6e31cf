// A listening TCP socket, and one of its connections with limits. Independent of HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace harmonia::net {

/// A listen address: `127.0.0.1:8080`, `[::1]:8080` or `localhost:0` (port 0: any free one).
struct Address {
    std::string host;
    int port = 0;
};

/// Error(config) if it is not an address with a port.
[[nodiscard]] Address parse_address(const std::string& text);

/// A bound and listening socket; the caller closes it. Unless `anywhere`, the address must be a
/// loopback one, or Error(config). Error(unavailable) if the address is in use or not local,
/// Error(permission) if this user may not use the port.
[[nodiscard]] int listen_on(const Address& address, bool anywhere);

/// The port that `socket` listens on.
[[nodiscard]] int port_of(int socket);

/// How long a client may take and how much it may send.
struct ConnectionLimits {
    std::chrono::milliseconds read_timeout{10'000}; ///< the whole request, counted from accept
    std::chrono::milliseconds write_timeout{10'000};
    std::size_t head_bytes_max = 16 * 1024; ///< request line and headers together
};

/// One connection, from accept to close. One thread. Exceeding a limit ends reading for good:
/// refusal() is the reason as an HTTP status, and later writes are discarded, so that the refusal
/// is the only response.
class Connection {
public:
    /// Takes ownership of the socket. Once `stopping` is set, a connection that has received
    /// nothing is given up.
    Connection(int socket, const ConnectionLimits& limits, const std::atomic<bool>& stopping);
    ~Connection(); ///< closes it
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Bytes read, 0 at the end, -1 after a failure or refusal.
    [[nodiscard]] long read(char* bytes, std::size_t size);
    /// Writes all of it, or returns false.
    bool write(const char* bytes, std::size_t size);
    /// The head was read: its limit no longer applies. `more`: a body follows.
    void begin_body(bool more) {
        in_head_ = false;
        unread_ = more;
    }
    /// The body was read too. If it was not, the connection is closed slowly, so that the response
    /// arrives although the client is still sending.
    void end_body() { unread_ = false; }

    [[nodiscard]] int refusal() const { return refusal_; } ///< 0, 408 or 431
    /// Writes even after a refusal.
    void write_refusal(const std::string& bytes);
    [[nodiscard]] int socket() const { return socket_; }
    [[nodiscard]] const std::string& client() const { return client_; }
    [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }
    [[nodiscard]] bool received() const { return received_ > 0; } ///< at least one byte

private:
    void linger();
    [[nodiscard]] bool fill();
    [[nodiscard]] bool wait_readable();
    bool send_all(const char* bytes, std::size_t size);

    int socket_, refusal_ = 0;
    ConnectionLimits limits_;
    const std::atomic<bool>& stopping_;
    std::chrono::steady_clock::time_point started_;
    std::string client_;
    bool in_head_ = true, unread_ = true;
    std::size_t received_ = 0, delivered_ = 0, at_ = 0, filled_ = 0;
    char buffer_[4096];
};

} // namespace harmonia::net
