// `harmonia settle accounts`: pending rows become balances and messages.
//
// A round runs each stage in turn over every pending row once, in key order, in batches of one
// transaction each. Several workers, and several processes, share the work by skipping accounts
// that another has locked. Rounds repeat until one has nothing to do.
#pragma once

#include "core/base/error.hpp"
#include "core/db/connection.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"
#include "jobs/settle/accounts/stages/batch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::settle::accounts {

/// Names of stages as typed, in the order of a round. `scan`, the last one, is not part of a round:
/// it runs only on request.
[[nodiscard]] std::vector<std::string> stage_names();

struct Options {
    db::Settings database;
    Settings settings;
    std::vector<std::string> stages; ///< empty: all of a round
    bool follow = false;             ///< keep running: woken by NOTIFY, or every 5 s
    bool retry_parked = false;       ///< release parked accounts first
    Reachability* remote = nullptr;  ///< answers for other realms; null: nobody does
};

struct Outcome {
    Exit exit =
        Exit::done; ///< rejected: parked accounts or foreign rows; try_again: postponed rows
    Counts counts;
    std::uint64_t rows = 0, transactions = 0, largest = 0, busy = 0, postponed = 0, foreign = 0;
    std::uint64_t size_p50 = 0, size_p99 = 0; ///< rows per transaction
    std::vector<Parked> parked;               ///< including those parked by earlier runs
};

[[nodiscard]] Outcome run(const Options& options);

/// A session for stages: its plans suit tables whose size changes widely.
[[nodiscard]] std::unique_ptr<db::Connection> connect_for_stages(db::Settings settings);

} // namespace harmonia::settle::accounts
