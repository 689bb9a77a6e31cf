// `screen`: judges held payments. For each rule set with work, under its lock: pin what is
// committed, read, judge, write in chunks. A run that was killed or stopped leaves its row open;
// the next one finishes it with the same pins, so that a crash changes no verdict.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/store/settings.hpp"
#include "jobs/screen/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::screen {

struct Options {
    std::string run_id;
    std::vector<std::string> rulesets; ///< only these; empty: all with work
    std::optional<std::int64_t> limit;
    bool dry_run = false;  ///< judge and count, write nothing
    bool rescreen = false; ///< judge stale payments again instead of pending ones
    std::int64_t settle_us = 0;
    Engine engine = Engine::automatic;
    unsigned threads = 0;                        ///< 0: as configured
    std::chrono::milliseconds wait{0};           ///< for a rule set locked by another run
    std::chrono::milliseconds look_again{5'000}; ///< of follow(): the longest sleep
};

/// What one run of one rule set did.
struct RunResult {
    std::int64_t run = 0; ///< screening.screen_run; 0: a dry run
    std::string ruleset, engine;
    int version = 0, shadow_version = 0;
    std::int64_t cut_seq = 0;
    ChunkCounts counts;
    std::int64_t stale = 0, no_rate = 0;
    double seconds = 0;
    std::vector<std::pair<std::string, RuleCount>> rules; ///< in the rule set's order
};

struct Outcomes {
    std::vector<RunResult> runs;
    std::vector<std::string> inactive; ///< rule sets with work but no active version
};

/// Judges until nothing is pending at the newest cut. Payments of rule sets in `inactive` stay
/// held. Error(try_again) when another run holds a rule set.
[[nodiscard]] Outcomes run(const Settings& settings, const Options& options);

/// Calls run() repeatedly until a stop is requested (Error interrupted or terminated): when an
/// import closes a batch or facts are written (NOTIFY harmonia_imported, harmonia_facts), and at
/// least every `look_again`. `on_pass` is called after each pass that did something.
void follow(const Settings& settings, const Options& options,
            const std::function<void(const Outcomes&)>& on_pass);

struct Replay {
    std::string ruleset;
    int version = 0;
    std::int64_t rows = 0, different = 0;
    unsigned parts = 1;                 ///< the most that a slice of the history was read in
    std::vector<std::int64_t> examples; ///< payments whose digest differs, at most 20
};
/// Judges the payments of a run again, with its pins, and compares digests. Error(no_input) for an
/// unknown run.
[[nodiscard]] Replay replay(const Settings& settings, std::int64_t run, Engine engine,
                            unsigned threads);

} // namespace harmonia::screen
