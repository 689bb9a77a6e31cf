#include "tests/support/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace harmonia::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int k_tick_ms = 5; // how soon cut(), freeze() and resumed forwarding act

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

/// Closes with a reset, as a machine that is gone does.
void reset(int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

struct Proxy::Pair {
    int client = -1, server = -1;
    bool swallowing = false;
    Clock::time_point cut_at = Clock::time_point::max();
    std::string tail; ///< end of the last piece: a trigger may straddle two
    Pair() = default;
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() {
        if (client >= 0)
            reset(client);
        if (server >= 0)
            reset(server);
    }
};

Proxy::Proxy(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the proxy cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

int Proxy::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(pairs_.size());
}

void Proxy::cut() {
    const std::lock_guard lock(mutex_);
    pairs_.clear();
}

void Proxy::refuse(bool on) {
    refusing_ = on;
}
void Proxy::freeze(bool on) {
    frozen_ = on;
}
void Proxy::delay(int milliseconds) {
    delay_ms_ = milliseconds;
}

void Proxy::swallow_answers_after(std::string text, int cut_after_ms) {
    const std::lock_guard lock(mutex_);
    trigger_ = std::move(text);
    cut_after_ms_ = cut_after_ms;
    swallowed_ = false;
}

void Proxy::accept_one() {
    auto pair = std::make_unique<Pair>();
    pair->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (pair->client < 0)
        return;
    if (refusing_) {
        ++refused_;
        return;
    }
    pair->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_port_);
    if (::connect(pair->server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return;
    const int on = 1;
    ::setsockopt(pair->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(pair->server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++accepted_;
    const std::lock_guard lock(mutex_);
    pairs_.push_back(std::move(pair));
}

void Proxy::note_request(Pair& pair, std::string_view piece) {
    if (trigger_.empty() || pair.swallowing)
        return;
    const auto seen = pair.tail + std::string(piece);
    if (seen.find(trigger_) != std::string::npos) {
        pair.swallowing = true;
        pair.cut_at = Clock::now() + std::chrono::milliseconds(cut_after_ms_);
        trigger_.clear();
        swallowed_ = true;
        return;
    }
    pair.tail = seen.substr(seen.size() - std::min(seen.size(), trigger_.size() - 1));
}

/// Forwards what is there; false when the pair is to go.
bool Proxy::forward(Pair& pair, bool to_server) {
    char buffer[65536];
    const int from = to_server ? pair.client : pair.server;
    const int to = to_server ? pair.server : pair.client;
    const auto got = ::recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0)
        return false;
    const std::string_view piece(buffer, static_cast<std::size_t>(got));
    if (delay_ms_ > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_));
    if (to_server) {
        note_request(pair, piece);
        to_server_ += piece.size();
    } else if (pair.swallowing) {
        return true;
    }
    return send_all(to, piece);
}

void Proxy::run() {
    while (!stopping_) {
        std::vector<pollfd> fds{{listener_, POLLIN, 0}};
        {
            const std::lock_guard lock(mutex_);
            for (const auto& pair : pairs_) {
                const auto events = static_cast<short>(frozen_ ? 0 : POLLIN);
                fds.push_back({pair->client, events, 0});
                fds.push_back({pair->server, events, 0});
            }
        }
        ::poll(fds.data(), fds.size(), k_tick_ms);
        if ((fds[0].revents & POLLIN) != 0)
            accept_one();
        const std::lock_guard lock(mutex_);
        const auto ready = [&](int fd) {
            const auto found = std::find_if(fds.begin(), fds.end(), [&](const pollfd& entry) {
                return entry.fd == fd && (entry.revents & POLLIN) != 0;
            });
            return found != fds.end();
        };
        std::erase_if(pairs_, [&](const std::unique_ptr<Pair>& pair) {
            if (Clock::now() >= pair->cut_at)
                return true;
            if (frozen_)
                return false;
            return (ready(pair->client) && !forward(*pair, true)) ||
                   (ready(pair->server) && !forward(*pair, false));
        });
    }
    const std::lock_guard lock(mutex_);
    pairs_.clear();
}

} // namespace harmonia::test
