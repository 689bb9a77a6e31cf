// `screen`: judges what is held. For each rule set with work, under its lock: pin what is
// committed, read, judge, write in chunks. A run that was killed or stopped leaves its row open;
// the next one finishes it with the same pins, so that what dies in between changes no verdict.
#pragma once

#include "core/config/value.hpp"
#include "core/db/connection.hpp"
#include "jobs/screen/rate.hpp"
#include "jobs/screen/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::screen {

/// Four million payments with eight million in their windows need no parts.
inline constexpr std::uint64_t k_memory = std::uint64_t{1} << 30U;
/// Below it chunks and messages take more than what is judged.
inline constexpr std::uint64_t k_memory_min = std::uint64_t{64} << 20U;

/// Section `screening` of the configuration.
struct Settings {
    db::Settings database;
    bool second_person = true; ///< require_second_person
    PublishSettings publish;
    RateLimit rate;
    std::size_t chunk_rows = 25'000; ///< judged and written at once; smaller ones end together
    std::uint64_t memory = k_memory; ///< bytes, about, for what is judged and the history it sees
    unsigned threads = 0;            ///< 0: one a processor
};
/// Error(config) placed at the mistake.
[[nodiscard]] Settings read_settings(const config::Value& root, db::Settings database);

struct Options {
    std::string run_id;
    std::vector<std::string> rulesets; ///< only these; empty: all with work
    std::optional<std::int64_t> limit;
    bool dry_run = false;  ///< judge and count, write nothing
    bool rescreen = false; ///< judge stale rows again instead of what waits
    std::int64_t settle_us = 0;
    Engine engine = Engine::automatic;
    unsigned threads = 0;                        ///< 0: as the settings say
    std::chrono::milliseconds wait{0};           ///< for a rule set that another run holds
    std::chrono::milliseconds look_again{5'000}; ///< of follow(): the longest sleep
};

/// What one run of one rule set did.
struct RunResult {
    std::int64_t run = 0; ///< screening.screen_run; 0 of a dry run
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
    std::vector<std::string> inactive; ///< rule sets that payments wait for and none is active of
};

/// Judges until nothing waits at the newest cut. Rule sets without an active version are told in
/// `inactive`; nothing of theirs is approved. Error(try_again) when another run holds a rule set.
[[nodiscard]] Outcomes run(const Settings& settings, const Options& options);

/// Again and again, woken when an import closes a batch and when facts are written (NOTIFY
/// harmonia_imported, harmonia_facts), otherwise after `look_again`, until a stop is asked for
/// (Error interrupted or terminated). `told` gets each pass that did something.
void follow(const Settings& settings, const Options& options,
            const std::function<void(const Outcomes&)>& told);

struct Replay {
    std::string ruleset;
    int version = 0;
    std::int64_t rows = 0, different = 0;
    unsigned parts = 1;                 ///< in how many the history was read at most, for memory
    std::vector<std::int64_t> examples; ///< payments whose digest differs, at most 20
};
/// Judges again what a run judged, with its pins, and compares digests. Error(no_input) for an
/// unknown run.
[[nodiscard]] Replay replay(const Settings& settings, std::int64_t run, Engine engine,
                            unsigned threads);

} // namespace harmonia::screen
