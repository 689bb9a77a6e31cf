#include "jobs/serve/transact_wait.hpp"

#include "core/base/log.hpp"

#include <vector>

namespace harmonia::serve {
namespace {

constexpr std::chrono::milliseconds k_poll{100}, k_pause{1000};

} // namespace

VerdictWaiter::VerdictWaiter(std::string provider, std::string feed_type, db::Settings database)
    : provider_(std::move(provider)), feed_type_(std::move(feed_type)),
      database_(std::move(database)), thread_([this] { work(); }) {}

VerdictWaiter::~VerdictWaiter() {
    stopping_ = true;
    changed_.notify_all();
    thread_.join();
}

Standing VerdictWaiter::wait(const std::string& transaction_id, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto asked = asked_.try_emplace(transaction_id).first;
    ++asked->second.waiting;
    changed_.notify_all();
    changed_.wait_for(lock, limit,
                      [&] { return asked->second.standing.state != Screened::held || stopping_; });
    const Standing standing = asked->second.standing;
    if (--asked->second.waiting == 0)
        asked_.erase(asked);
    return standing;
}

void VerdictWaiter::read_states(db::Connection& connection) {
    std::vector<std::string> ids;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, asked] : asked_)
            ids.push_back(id);
    }
    if (ids.empty())
        return;
    const auto standings = load_standings(connection, provider_, feed_type_, ids);
    const std::lock_guard lock(mutex_);
    for (const auto& [id, standing] : standings)
        if (const auto asked = asked_.find(id); asked != asked_.end())
            asked->second.standing = standing;
    changed_.notify_all();
}

// Whatever fails here, requests are still answered: with 202, when their time is up.
void VerdictWaiter::work() {
    std::unique_ptr<db::Connection> connection;
    while (!stopping_) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, k_pause, [this] { return stopping_ || !asked_.empty(); });
            if (stopping_ || asked_.empty())
                continue;
        }
        try {
            if (connection == nullptr) {
                connection = db::connect(database_);
                connection->listen(k_verdict_channel);
            }
            read_states(*connection);
            static_cast<void>(connection->wait_notification(k_poll));
            read_states(*connection);
        } catch (const std::exception& error) {
            log::warn("verdicts cannot be read", {{"reason", error.what()}});
            connection.reset();
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, k_pause, [this] { return stopping_.load(); });
        }
    }
}

} // namespace harmonia::serve
