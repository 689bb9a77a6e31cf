#include "core/net/listener.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace harmonia::net {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int k_backlog = 128;       // connections the system holds while all threads are busy
constexpr milliseconds k_slice{200}; // after at most this time a stop is noticed
// What a client still sends after its response is read and discarded, so that the system does not
// reset the connection before the response arrives; bounded in time and bytes.
constexpr milliseconds k_linger{500};
constexpr std::size_t k_linger_bytes_max = 1U << 20U;

struct FreeAddress {
    void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using Resolved = std::unique_ptr<addrinfo, FreeAddress>;

Resolved resolve(const Address& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code =
        ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (code != 0)
        throw Error(Exit::config, fmt::format("cannot listen on '{}': {}", printable(address.host),
                                              ::gai_strerror(code)));
    return Resolved(found);
}

bool is_loopback(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        return ntohl(v4->sin_addr.s_addr) >> 24U == 127U;
    }
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

[[noreturn]] void cannot_listen(const Address& address, int error) {
    throw Error(
        error == EACCES ? Exit::permission : Exit::unavailable,
        fmt::format("cannot listen on {}:{}: {}", address.host, address.port, std::strerror(error)),
        error == EADDRINUSE ? "Another program is listening there; choose another port." : "");
}

std::string client_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST] = "";
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0)
        ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, nullptr, 0,
                      NI_NUMERICHOST);
    return host;
}

/// True when `socket` is ready within `wait`.
bool ready(int socket, short events, milliseconds wait) {
    pollfd entry{socket, events, 0};
    return ::poll(&entry, 1, static_cast<int>(std::max(wait, milliseconds{0}).count())) == 1;
}

milliseconds left_until(Clock::time_point end) {
    return std::chrono::ceil<milliseconds>(end - Clock::now());
}

} // namespace

Address parse_address(const std::string& text) {
    const auto colon = std::min(text.rfind(':'), text.size());
    std::string host = text.substr(0, colon);
    const auto port = parse_int(std::string_view(text).substr(std::min(colon + 1, text.size())));
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    const long long number = port.value_or(-1);
    if (number < 0 || number > 65535 || host.empty() ||
        (host.find(':') != std::string::npos) != bracketed)
        throw Error(Exit::config,
                    fmt::format("'{}' is not a valid listen address", printable(text)),
                    "Write it as 127.0.0.1:8080 or [::1]:8080.");
    return {host, static_cast<int>(number)};
}

int listen_on(const Address& address, bool anywhere) {
    const Resolved resolved = resolve(address);
    if (!anywhere && !is_loopback(resolved->ai_addr))
        throw Error(
            Exit::config, fmt::format("'{}' is not a loopback address", printable(address.host)),
            "Listen on 127.0.0.1 behind a proxy, or set behind_proxy: true if only a proxy on "
            "another host can reach this address.");
    const int socket = ::socket(resolved->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        cannot_listen(address, errno);
    const int yes = 1, timeout_s = 5;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    // A connection without data would occupy a thread.
    ::setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &timeout_s, sizeof timeout_s);
    if (::bind(socket, resolved->ai_addr, resolved->ai_addrlen) != 0 ||
        ::listen(socket, k_backlog) != 0) {
        const int error = errno;
        ::close(socket);
        cannot_listen(address, error);
    }
    return socket;
}

int port_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw Error(Exit::failure, "cannot determine the port of a socket");
    return ntohs(address.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                     : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

Connection::Connection(int socket, const ConnectionLimits& limits,
                       const std::atomic<bool>& stopping)
    : socket_(socket), limits_(limits), stopping_(stopping), started_(Clock::now()),
      client_(client_of(socket)) {
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Connection::~Connection() {
    ::shutdown(socket_, SHUT_WR);
    if (unread_ && received_ > 0)
        linger();
    ::close(socket_);
}

void Connection::linger() {
    const auto end = Clock::now() + k_linger;
    for (std::size_t discarded = 0; discarded < k_linger_bytes_max;) {
        if (!ready(socket_, POLLIN, left_until(end)))
            return;
        const auto count = ::recv(socket_, buffer_, sizeof buffer_, MSG_DONTWAIT);
        if (count <= 0)
            return;
        discarded += static_cast<std::size_t>(count);
    }
}

bool Connection::wait_readable() {
    const auto end = started_ + limits_.read_timeout;
    for (;;) {
        const auto left = left_until(end);
        if (left <= milliseconds{0} || (received_ == 0 && stopping_))
            return false;
        if (ready(socket_, POLLIN, std::min(left, k_slice)))
            return true;
    }
}

bool Connection::fill() {
    if (!wait_readable()) {
        refusal_ = 408;
        return false;
    }
    const auto count = ::recv(socket_, buffer_, sizeof buffer_, 0);
    at_ = 0;
    filled_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    received_ += filled_;
    return count >= 0;
}

long Connection::read(char* bytes, std::size_t size) {
    if (refusal_ != 0 || (at_ == filled_ && !fill()))
        return -1;
    const auto count = std::min(size, filled_ - at_);
    std::memcpy(bytes, buffer_ + at_, count);
    at_ += count;
    delivered_ += count;
    if (in_head_ && delivered_ > limits_.head_bytes_max) {
        refusal_ = 431;
        return -1;
    }
    return static_cast<long>(count);
}

bool Connection::send_all(const char* bytes, std::size_t size) {
    const auto end = Clock::now() + limits_.write_timeout;
    while (size > 0) {
        if (!ready(socket_, POLLOUT, left_until(end)))
            return false;
        const auto count = ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0)
            return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool Connection::write(const char* bytes, std::size_t size) {
    return refusal_ != 0 || send_all(bytes, size);
}

void Connection::write_refusal(const std::string& bytes) {
    send_all(bytes.data(), bytes.size());
}

} // namespace harmonia::net
