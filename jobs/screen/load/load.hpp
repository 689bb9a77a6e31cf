// What a run reads: the payments that it judges and everything that they can see (history, lists,
// suppressions, rates, labels), under one snapshot and as its pins say.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/judge/judge.hpp"
#include "jobs/screen/judge/payment_state.hpp"
#include "jobs/screen/load/runs.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// A payment to judge.
struct Target {
    std::int64_t payment_id = 0;
    std::int32_t state_version = 0;
    std::int32_t rev = 1; ///< of the verdict to come
    State from = State::held;
    bool handed_over = false;   ///< match has admitted it
    std::int64_t close_seq = 0; ///< of its batch
    std::int64_t event_us = 0;
};

struct Limit {
    std::int64_t rows = 0;
    bool earliest = false; ///< by event time, source and external id; otherwise any
};
/// Payments pending their first verdict. All lists of targets are sorted by payment_id.
[[nodiscard]] std::vector<Target> load_pending(const db::Settings& settings,
                                               const std::string& snapshot, const Pins& pins,
                                               const std::string& ruleset, Limit limit);
/// At most `limit` payments whose verdict is stale and of an earlier run than the pins'.
[[nodiscard]] std::vector<Target> load_stale(const db::Settings& settings,
                                             const std::string& snapshot, const Pins& pins,
                                             const std::string& ruleset, std::int64_t limit);
/// The payments that a run judged; fills `digests` with those of its verdicts, in the same order.
[[nodiscard]] std::vector<Target> load_judged(const db::Settings& settings,
                                              const std::string& snapshot, std::int64_t run,
                                              std::vector<Sha256Digest>& digests);
/// For a back-test: payments of a rule set in [from, until), judged or not.
[[nodiscard]] std::vector<Target> load_period(const db::Settings& settings,
                                              const std::string& snapshot, const Pins& pins,
                                              const std::string& ruleset, std::int64_t from_us,
                                              std::int64_t until_us);
/// The index in `targets` of a payment; empty when it is not there.
[[nodiscard]] std::optional<std::size_t> find_target(const std::vector<Target>& targets,
                                                     std::int64_t payment_id);

enum class Engine { automatic, scan, probe, sql };
[[nodiscard]] const char* engine_name(Engine engine);

/// One reading serves any number of rule sets with one base currency.
struct Reading {
    std::unique_ptr<History> history; ///< finished
    Context context;
    Engine engine = Engine::scan; ///< that read it
    unsigned parts = 1;           ///< more than one: `history` holds the judged rows only
};

/// Where to read from, and with what resources.
struct ReadContext {
    const db::Settings& settings;
    db::Transaction& tx; ///< exported `snapshot`
    const std::string& snapshot;
    unsigned threads = 1;                                             ///< that judge
    std::uint64_t memory = std::numeric_limits<std::uint64_t>::max(); ///< bytes, approximate
};

/// Memory of a judged row beside its history: its Target, its features, the verdicts of a chunk.
/// With the shipped rule set of 15 features 160 bytes at a million rows (docs/decisions/0009).
inline constexpr std::uint64_t k_judged_row_bytes = 256;
/// How many targets fit; half of the memory is left to the history that they see.
[[nodiscard]] constexpr std::size_t targets_that_fit(std::uint64_t memory) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(memory / 2 / k_judged_row_bytes));
}
/// `targets` cut into slices that fit, each to be read and judged by itself.
[[nodiscard]] std::vector<std::vector<Target>> slices_of(std::vector<Target> targets,
                                                         std::uint64_t memory);

/// Labels are read if a rule set reads them, or always.
struct LabelReading {
    bool always = false;
    std::optional<std::int64_t> dataset_lag_us; ///< known_at of source `dataset` is event + lag
};

/// Reads the past that `targets` (sorted by payment_id, not empty) can see. `rulesets`: the first
/// is the live one; all have one base currency. Engine::automatic probes if the targets are at most
/// 2 % of the rows of their time; Engine::sql reads as scan does and lets the server compute
/// features (sql_engine.hpp). A scan that would exceed the memory is read in parts (parts.hpp), and
/// so is a probe that finds more than fits.
[[nodiscard]] Reading read_history(const ReadContext& context, const Pins& pins,
                                   const std::string& ruleset_name,
                                   const std::vector<const Ruleset*>& rulesets,
                                   const std::vector<Target>& targets, Engine engine,
                                   LabelReading labels = {});

} // namespace harmonia::screen
