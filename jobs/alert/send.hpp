// Sending what one channel owes: claimed under leases, sent outside any transaction, recorded.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace harmonia::alert {

struct Attempt; ///< store.hpp

struct SendCounts {
    std::int64_t sent = 0, again = 0, dead = 0;
    bool resting = false; ///< the channel's breaker is open, or its budget of the day is spent
    void add(const SendCounts& more);
};

/// One thread's work for one channel.
class Courier {
public:
    /// `owner` is unique a process (the run id).
    Courier(const Settings& settings, std::shared_ptr<const Channel> channel, std::string owner);

    /// Sends what is due, batch by batch, until nothing is or a stop is asked for.
    SendCounts drain(db::Connection& connection);

private:
    struct Batch;
    Batch claim(db::Connection& connection, SendCounts& counts);
    [[nodiscard]] std::vector<Result> send(const std::vector<Letter>& letters);
    void record(db::Connection& connection, const Batch& batch, const std::vector<Result>& results,
                SendCounts& counts);
    void raise_dead(db::Transaction& tx, const std::vector<Attempt>& attempts) const;

    const Settings& settings_;
    std::shared_ptr<const Channel> channel_;
    std::string owner_;
    std::unique_ptr<Sender> sender_;
    int batch_size_; ///< grows while all goes well
};

} // namespace harmonia::alert
