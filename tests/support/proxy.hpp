// A TCP proxy between a program and its server, to break what lies between them: loopback, own
// thread. All members may be called from any thread and act at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace harmonia::test {

class Proxy {
public:
    /// Listens on a free port and forwards to 127.0.0.1:`server_port`.
    explicit Proxy(int server_port);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] int connections() const; ///< open now
    [[nodiscard]] int accepted() const { return accepted_; }
    [[nodiscard]] int refused() const { return refused_; }
    [[nodiscard]] std::uint64_t bytes_to_server() const { return to_server_; }

    void cut();                   ///< resets every open connection
    void refuse(bool on);         ///< new connections are reset at once
    void freeze(bool on);         ///< nothing is forwarded either way; connections stay open
    void delay(int milliseconds); ///< before each forwarded piece
    /// From the first piece towards the server that contains `text` on, what the server says on
    /// that connection is thrown away (for PostgreSQL: `COMMIT` gives an ambiguous commit). After
    /// `cut_after_ms` the connection is cut. Once; empty text switches off.
    void swallow_answers_after(std::string text, int cut_after_ms);
    [[nodiscard]] bool swallowed() const { return swallowed_; }

private:
    struct Pair;
    void run();
    void accept_one();
    bool forward(Pair& pair, bool to_server);
    void note_request(Pair& pair, std::string_view piece);

    int listener_ = -1, server_port_, port_ = 0;
    std::atomic<bool> stopping_{false}, refusing_{false}, frozen_{false}, swallowed_{false};
    std::atomic<int> delay_ms_{0}, accepted_{0}, refused_{0};
    std::atomic<std::uint64_t> to_server_{0};
    mutable std::mutex mutex_; // guards pairs_ and the trigger
    std::vector<std::unique_ptr<Pair>> pairs_;
    std::string trigger_;
    int cut_after_ms_ = 0;
    std::thread thread_;
};

} // namespace harmonia::test
