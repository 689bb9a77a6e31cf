// Waiting for what another process or thread does: a condition with a deadline, never a fixed
// sleep.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace harmonia::test {

/// Polls `done` every 50 ms; false when it did not come true within `limit`.
[[nodiscard]] inline bool comes_true(const std::function<bool()>& done,
                                     std::chrono::seconds limit = std::chrono::seconds(30)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

/// The same; throws when the time is over. `what`: for the message.
inline void wait_until(const std::function<bool()>& done, const std::string& what,
                       std::chrono::seconds limit = std::chrono::seconds(30)) {
    if (!comes_true(done, limit))
        throw std::runtime_error("waited in vain: " + what);
}

} // namespace harmonia::test
