// Sends the due deliveries of one channel: claimed under leases, sent outside any transaction, then
// recorded.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::alert {

struct Attempt; ///< store.hpp

struct SendCounts {
    std::int64_t sent = 0, retry = 0, dead = 0;
    bool paused = false; ///< the channel's breaker is open, or its daily budget is spent
    void add(const SendCounts& more);
};

/// One thread's work for one channel.
class Sender {
public:
    /// `owner` is unique to this process (the run id).
    Sender(const Settings& settings, std::shared_ptr<const Channel> channel, std::string owner);

    /// Sends what is due, batch by batch, until nothing is or a stop is requested.
    SendCounts drain(db::Connection& connection);

private:
    struct Batch;
    Batch claim(db::Connection& connection, SendCounts& counts);
    [[nodiscard]] std::vector<Result> send(const std::vector<Delivery>& deliveries);
    void record(db::Connection& connection, const Batch& batch, const std::vector<Result>& results,
                SendCounts& counts);
    void raise_dead(db::Transaction& tx, const std::vector<Attempt>& attempts,
                    std::int64_t now_us) const;

    const Settings& settings_;
    std::shared_ptr<const Channel> channel_;
    std::string owner_;
    std::unique_ptr<Transport> transport_;
    int batch_size_; ///< grows while all succeeds
};

} // namespace harmonia::alert
