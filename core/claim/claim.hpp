// Work that waits in rows: claimed for a while (a lease), done, put off, or given up. One helper
// for every table of deliveries, so that all behave alike beside a second copy and after a kill.
//
// Life of a row (columns by their usual names):
//   waiting    retry_at null, no lease: due at once, attempt 0
//   put off    retry_at set: due then; claiming it counts one attempt more and clears retry_at
//   leased     lease_owner and lease_until set: nobody else claims it before lease_until
//   lost       lease_until passed: its worker died; due at once, the attempt is not counted again
//   gone       done or given up: the caller deletes it or marks it final in the same transaction
// A claim is committed before the work starts and the outcome after it, so that the work itself (an
// HTTP request, a file) happens outside any transaction. Work whose outcome was not committed is
// done again when the lease ends: at least once, under the receiver's idempotency key. Every
// function below that changes rows returns those that were still the owner's: a row whose lease
// ended and was claimed by another is left alone. Times are the server's clock.
#pragma once

#include "core/claim/ladder.hpp"
#include "core/db/connection.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace harmonia::claim {

/// Which table, and how its columns are called. All names are checked as identifiers.
struct Table {
    std::string name;                      ///< schema.table
    std::string id = "id";                 ///< bigint primary key; claimed in its order
    std::string attempt = "retry_count";   ///< integer not null
    std::string due = "retry_at";          ///< timestamptz
    std::string reason = "failure_reason"; ///< text
    std::string owner = "lease_owner";     ///< text
    std::string until = "lease_until";     ///< timestamptz
    std::string target = "provider_slug";  ///< text: rows are claimed for one target at a time
    /// Null while the row waits, for tables whose rows stay when they are done or given up; empty:
    /// such rows are deleted.
    std::string settled = "";
};

struct Claimed {
    long long id;
    int attempt; ///< from 0: what next_attempt() wants when this one fails
    bool lost;   ///< another worker had it and did not say what became of it
};

/// Claims up to `limit` due rows of `target` for `owner` (unique a process and worker, for instance
/// the run id), skipping rows that another is claiming at this moment. Commit before working.
[[nodiscard]] std::vector<Claimed> claim_due(db::Transaction& tx, const Table& table,
                                             const std::string& target, const std::string& owner,
                                             std::chrono::milliseconds lease, int limit);

/// Ids among `ids` that `owner` still holds, locked until the transaction ends: call first in the
/// transaction that records the outcome, and record it for these only.
[[nodiscard]] std::vector<long long> still_held(db::Transaction& tx, const Table& table,
                                                const std::string& owner,
                                                const std::vector<long long>& ids);

/// Extends the lease of long work; returns those extended.
std::vector<long long> renew(db::Transaction& tx, const Table& table, const std::string& owner,
                             const std::vector<long long>& ids, std::chrono::milliseconds lease);

/// Puts rows off until `when`, with the reason (made printable and cut to 1000 bytes), and ends the
/// lease.
std::vector<long long> put_off(db::Transaction& tx, const Table& table, const std::string& owner,
                               const std::vector<long long>& ids, Instant when,
                               const std::string& reason);

/// Gives rows back unworked (a worker that stops): due at once for whoever comes next, same
/// attempt.
std::vector<long long> give_back(db::Transaction& tx, const Table& table, const std::string& owner,
                                 const std::vector<long long>& ids);

/// Deletes rows that are done or given up.
std::vector<long long> remove(db::Transaction& tx, const Table& table, const std::string& owner,
                              const std::vector<long long>& ids);

} // namespace harmonia::claim
