// What a failed statement says about trying again.
#pragma once

#include "core/db/connection.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace harmonia::db {

/// Whether the server refused the rows (classes 22, 23, 54: a value out of range, a constraint, an
/// index entry too long), so that the same rows would fail for ever.
[[nodiscard]] bool is_data_error(const Failure& failure);

/// Thrown by work that sees by itself that another session was first.
class Conflict : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How long retry_on_conflict() goes on.
struct RetryLimit {
    int tries = 5; ///< in all, the first one included
    /// A unique violation also counts: for work that looks whether a key exists before it inserts.
    bool unique_violations = false;
    /// 0: retries at once. Otherwise before the third try and later ones a random pause that
    /// doubles from 100 ms; a stop that was asked for ends it (throw_if_stopped()).
    std::chrono::milliseconds pause_max{0};
};

/// Inside a catch block: returns when the exception at hand is a conflict with another session
/// (serialization failure, deadlock, Conflict, and what `limit` says) and `tried` leaves a try;
/// rethrows it otherwise.
void prepare_retry(const RetryLimit& limit, int tried);

/// Calls `work`, which begins and commits its own transaction, again when it met another session.
/// Each try sees what the one before ran into. Returns what `work` returns.
template <typename Work>
auto retry_on_conflict(const RetryLimit& limit, Work&& work) -> decltype(work()) {
    for (int tried = 1;; ++tried) {
        try {
            return work();
        } catch (...) {
            prepare_retry(limit, tried);
        }
    }
}

} // namespace harmonia::db
