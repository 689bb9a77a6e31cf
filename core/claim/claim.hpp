// Pending work in rows: claimed for a while (a lease), done, put off, or given up. One helper for
// every table of deliveries, so that all behave alike with several workers and after a kill.
//
// Life of a row (columns by their usual names):
//   pending    retry_at null, no lease: due at once, attempt 0
//   put off    retry_at set: due then; claiming it counts another attempt and clears retry_at
//   leased     lease_owner and lease_until set: nobody else claims it before lease_until
//   lost       lease_until passed: its worker died; due at once, the attempt is not counted again
//   gone       done or given up: the caller deletes it or marks it final in the same transaction
// A claim is committed before the work starts and the outcome after it, so that the work itself (an
// HTTP request, a file) happens outside any transaction. Work whose outcome was not committed is
// repeated when the lease ends: at least once, under the receiver's idempotency key. Every function
// below that changes rows returns those that the owner still held: a row whose lease ended and that
// another worker claimed is left alone. Times are those of the server's clock.
#pragma once

#include "core/claim/ladder.hpp"
#include "core/db/connection.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::claim {

/// The table and the names of its columns. All names are checked as identifiers.
struct Table {
    std::string name;                      ///< schema.table
    std::string id = "id";                 ///< bigint primary key; claimed in its order
    std::string attempt = "retry_count";   ///< integer not null
    std::string due = "retry_at";          ///< timestamptz
    std::string reason = "failure_reason"; ///< text
    std::string owner = "lease_owner";     ///< text
    std::string until = "lease_until";     ///< timestamptz
    std::string target = "provider_slug";  ///< text: rows are claimed for one target at a time
    /// A column that is null while the row is pending, for tables whose rows stay when they are
    /// done or given up; empty: such rows are deleted.
    std::string settled = "";
};

struct Claimed {
    std::int64_t id;
    int attempt; ///< from 0; for next_attempt() when this one fails
    bool lost;   ///< another worker had it and did not report the outcome
};

/// Claims up to `limit` due rows of `target` for `owner` (unique for each process and worker, such
/// as the run id) and skips rows that another worker is claiming right now. Commit before working.
[[nodiscard]] std::vector<Claimed> claim_due(db::Transaction& tx, const Table& table,
                                             const std::string& target, const std::string& owner,
                                             std::chrono::milliseconds lease, int limit);

/// Those of `ids` that `owner` still holds, locked until the transaction ends: call this first in
/// the transaction that records the outcome, and record only these.
[[nodiscard]] std::vector<std::int64_t> still_held(db::Transaction& tx, const Table& table,
                                                   const std::string& owner,
                                                   const std::vector<std::int64_t>& ids);

/// Extends the lease of long work; returns the extended rows.
std::vector<std::int64_t> renew(db::Transaction& tx, const Table& table, const std::string& owner,
                                const std::vector<std::int64_t>& ids,
                                std::chrono::milliseconds lease);

/// Puts rows off until `when`, with the reason (made printable and cut to 1000 bytes), and ends the
/// lease.
std::vector<std::int64_t> put_off(db::Transaction& tx, const Table& table, const std::string& owner,
                                  const std::vector<std::int64_t>& ids, Instant when,
                                  const std::string& reason);

/// Returns rows undone (a worker that stops): due at once for the next worker, same attempt.
std::vector<std::int64_t> give_back(db::Transaction& tx, const Table& table,
                                    const std::string& owner, const std::vector<std::int64_t>& ids);

/// Deletes rows that are done or given up.
std::vector<std::int64_t> remove(db::Transaction& tx, const Table& table, const std::string& owner,
                                 const std::vector<std::int64_t>& ids);

} // namespace harmonia::claim
