// Waiting for verdicts: one session listens for all requests.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/serve/load_transact.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace harmonia::serve {

/// `screen` notifies this channel, without a payload, when verdicts were committed.
inline constexpr const char* k_verdict_channel = "harmonia_verdict";

/// Any thread. Also polls every 100 ms while somebody waits: a notification may arrive before the
/// request that waits for it.
class VerdictWaiter {
public:
    VerdictWaiter(std::string provider, std::string feed_type, db::Settings database);
    ~VerdictWaiter();
    VerdictWaiter(const VerdictWaiter&) = delete;
    VerdictWaiter& operator=(const VerdictWaiter&) = delete;

    /// The payment's state once it is decided, or after `limit`.
    [[nodiscard]] Standing wait(const std::string& transaction_id, std::chrono::milliseconds limit);

private:
    struct Asked {
        int waiting = 0;
        Standing standing;
    };
    void work();
    void read_states(db::Connection& connection);

    std::string provider_, feed_type_;
    db::Settings database_;
    std::mutex mutex_; ///< guards asked_
    std::map<std::string, Asked> asked_;
    std::condition_variable changed_;
    std::atomic<bool> stopping_{false};
    std::thread thread_; ///< last: it uses the rest
};

} // namespace harmonia::serve
