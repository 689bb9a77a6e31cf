// `harmonia settle accounts`: waiting rows become balances and messages.
//
// A round does each stage in turn: every row that waits is looked at once, in key order, in batches
// of one transaction each; several workers, and several processes, share the work by skipping
// accounts that another has locked. Rounds follow one another until one finds nothing more to do.
#pragma once

#include "core/base/error.hpp"
#include "core/db/connection.hpp"
#include "jobs/settle/accounts/batch.hpp"
#include "jobs/settle/accounts/settings.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::settle::accounts {

/// Names of stages as typed, in the order of a round. `scan` is no part of a round: it is done when
/// it is asked for.
[[nodiscard]] std::vector<std::string> stage_names();

struct Options {
    db::Settings database;
    Settings settings;
    std::vector<std::string> stages;   ///< empty: all of a round
    bool follow = false;               ///< stay: woken by NOTIFY, or every 5 s
    bool retry_parked = false;         ///< try parked accounts again
    Reachability* elsewhere = nullptr; ///< answers for other realms; null: nobody does
};

struct Outcome {
    Exit exit = Exit::done; ///< rejected: accounts are parked; try_again: rows wait for a realm
    Counts counts;
    std::uint64_t rows = 0, transactions = 0, largest = 0, busy = 0, put_off = 0, foreign = 0;
    std::uint64_t size_p50 = 0, size_p99 = 0; ///< rows of a transaction
    std::vector<Parked> parked;               ///< also those parked by earlier runs
};

[[nodiscard]] Outcome run(const Options& options);

/// A session as the stages need it: plans that suit tables whose size changes wildly.
[[nodiscard]] std::unique_ptr<db::Connection> connect_for_stages(db::Settings settings);

} // namespace harmonia::settle::accounts
