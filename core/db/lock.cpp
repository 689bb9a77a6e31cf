#include "core/db/lock.hpp"

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/base/stop.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harmonia::db {
namespace {

// Waiting asks again and again instead of blocking in the server, so that a signal can end it.
constexpr std::chrono::milliseconds k_first_pause{20}, k_longest_pause{500};

int key_of(std::string_view name) {
    Sha256 hash;
    hash.update(name);
    const Sha256Digest digest = hash.finish();
    std::int32_t key = 0;
    for (int i = 0; i < 4; ++i)
        key = static_cast<std::int32_t>((static_cast<std::uint32_t>(key) << 8) |
                                        digest[static_cast<std::size_t>(i)]);
    return key;
}

} // namespace

SessionLock::SessionLock(Connection& connection, int lock_class, int key)
    : connection_(&connection), class_(lock_class), key_(key) {}

SessionLock::SessionLock(SessionLock&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), class_(other.class_),
      key_(other.key_) {}

bool SessionLock::ask(Connection& connection, const std::string& sql) {
    Connection::State& state = *connection.state_;
    HARMONIA_CHECK(!state.in_transaction);
    try {
        pqxx::nontransaction session(*state.pq);
        return session.exec(sql)[0][0].as<bool>();
    } catch (...) {
        rethrow(*state.pq, state.place);
    }
}

std::optional<SessionLock> SessionLock::acquire(Connection& connection, LockClass lock_class,
                                                std::string_view name,
                                                std::chrono::milliseconds wait) {
    const int number = static_cast<int>(lock_class);
    const int key = key_of(name);
    const std::string sql = fmt::format("SELECT pg_try_advisory_lock({}, {})", number, key);
    const auto deadline = std::chrono::steady_clock::now() + wait;
    for (auto pause = k_first_pause;; pause = std::min(pause * 2, k_longest_pause)) {
        if (ask(connection, sql))
            return SessionLock(connection, number, key);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return std::nullopt;
        if (sleep_unless_stopped(static_cast<int>(std::min(pause, left).count())))
            throw_if_stopped();
    }
}

void SessionLock::verify() const {
    ask(*connection_, "SELECT true");
}

SessionLock::~SessionLock() {
    if (connection_ == nullptr || connection_->state_->in_transaction)
        return; // moved from, or the session is about to end with its transaction
    try {
        ask(*connection_, fmt::format("SELECT pg_advisory_unlock({}, {})", class_, key_));
    } catch (const std::exception&) { // the session is gone, and the lock with it
    }
}

void transaction_lock(Transaction& tx, LockClass lock_class, std::string_view name) {
    tx.exec("SELECT pg_advisory_xact_lock($1, $2)", static_cast<int>(lock_class), key_of(name));
}

bool try_transaction_lock(Transaction& tx, LockClass lock_class, std::string_view name) {
    return tx
        .exec("SELECT pg_try_advisory_xact_lock($1, $2) AS taken", static_cast<int>(lock_class),
              key_of(name))
        .only()
        .boolean("taken");
}

} // namespace harmonia::db
