// `match`: for each merchant with work, under its lock: admit, read, decide, write.
//
// A merchant's run sees what is committed when its snapshot is taken. Merchants are independent of
// each other: each commits by itself, one that is busy in another run is left to that run, one that
// fails does not stop the others.
#pragma once

#include "core/db/connection.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/match/declare.hpp"
#include "jobs/match/load.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace harmonia::match {

/// What the configuration says.
struct Settings {
    db::Settings database;
    Declarations declarations;
    Identify identify = Identify::none;
    std::string notify_queue;        ///< export.notify_queue
    std::set<std::string> exporting; ///< merchants with a declared export
    std::vector<std::shared_ptr<const importers::Feed>>
        feeds;            ///< to read unidentified records again
    unsigned threads = 0; ///< merchants at a time; 0: one a processor
};
/// Reads `match`, `matching`, `exports` and `export.notify_queue`; `feeds` is a parameter because
/// other commands load them too.
[[nodiscard]] Settings read_settings(const config::Value& root, db::Settings database,
                                     std::vector<std::shared_ptr<const importers::Feed>> feeds);

struct Options {
    std::string run_id;
    std::vector<std::string> merchants; ///< only these; empty: all with work
    bool dry_run = false;               ///< decide and count, write nothing
    bool fail_fast = false;             ///< the first payment without a rule ends the run
    std::chrono::milliseconds wait{0};  ///< for a busy merchant
};

struct Counts {
    std::int64_t reidentified = 0, merged = 0, promoted = 0, admitted = 0, matched = 0, spotted = 0,
                 none = 0, ambiguous = 0, errors = 0, unknown_users = 0;
    std::int64_t merchants = 0, busy = 0;
    void add(const Counts& other);
    /// Name and value, in the order of a report.
    [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> list() const;
};

struct Outcomes {
    Counts counts;
    std::vector<std::string> busy;                             ///< merchants left to another run
    std::vector<std::pair<std::string, std::string>> failures; ///< merchant, why
    Exit exit = Exit::done;                                    ///< of the first failure
};

[[nodiscard]] Outcomes run(const Settings& settings, const Options& options);

} // namespace harmonia::match
