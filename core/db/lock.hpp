// Advisory locks in PostgreSQL's two-integer form (class, hash of name). Classes:
// docs/reference/locks.md.
#pragma once

#include "core/db/connection.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace harmonia::db {

enum class LockClass : int { // never renumber: two versions may run side by side
    migrate = 0x4801,
    import_file = 0x4802,
    match_merchant = 0x4803,
    outbox_lane = 0x4804,
    purge = 0x4805,
    close_batch = 0x4806,
    export_target = 0x4807,
    schedule = 0x4808,
    screen_rule_set = 0x4809,
    partition = 0x480a,
    alert_routing = 0x480b,
};

/// A session lock on `connection`, released when destroyed or when the session ends (so a killed
/// process never leaves one). The connection must not be used by another thread meanwhile, and must
/// be outside transactions when the lock is taken, verified and released. The same session may
/// take a lock twice: it excludes other sessions only.
class SessionLock {
public:
    /// Waits up to `wait` (0: does not wait); empty when another session holds it.
    static std::optional<SessionLock> acquire(Connection& connection, LockClass lock_class,
                                              std::string_view name,
                                              std::chrono::milliseconds wait);
    ~SessionLock();
    SessionLock(SessionLock&& other) noexcept;
    SessionLock& operator=(SessionLock&&) = delete;
    /// Asks the server whether the session still lives, and so the lock: Failure(69) when it does
    /// not. For long work that this lock guards but that is done on another connection.
    void verify() const;

private:
    SessionLock(Connection& connection, int lock_class, int key);
    static bool ask(Connection& connection, const std::string& sql);
    Connection* connection_;
    int class_, key_;
};

/// A lock that ends with the transaction. Waits (bounded by lock_timeout).
void transaction_lock(Transaction& tx, LockClass lock_class, std::string_view name);
[[nodiscard]] bool try_transaction_lock(Transaction& tx, LockClass lock_class,
                                        std::string_view name);

} // namespace harmonia::db
