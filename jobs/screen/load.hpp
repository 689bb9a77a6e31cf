// What a run reads: which payments it judges, the history that they can see, lists, suppressions,
// rates and labels, all under one snapshot and as its pins say.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/decide.hpp"
#include "jobs/screen/judge.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// What makes a verdict repeatable (screening.screen_run).
struct Pins {
    std::int64_t run = 0; ///< verdicts of runs with a smaller id are seen by `verdicts:`
    std::int64_t list_revision = 0;
    std::int64_t cut_seq = 0; ///< batches closed up to it are seen
    std::int64_t label_asof_us = 0;
    std::int64_t event_until_us = 0; ///< later events wait
};
/// Of now: the greatest committed close_seq, the newest list revision, the transaction's clock.
/// `settle_us`: events younger than that wait. `run` is one beyond all runs so far.
[[nodiscard]] Pins pins_of_now(db::Transaction& tx, std::int64_t settle_us);

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

struct Most {
    std::int64_t rows = 0;
    bool earliest = false; ///< by event time, source and external id; otherwise any
};
/// What waits for a first verdict, by payment_id.
[[nodiscard]] std::vector<Target> load_waiting(const db::Settings& settings,
                                               const std::string& snapshot, const Pins& pins,
                                               const std::string& ruleset, Most most);
/// What has a verdict of an earlier run than the pins' and is stale, `most` rows of it.
[[nodiscard]] std::vector<Target> load_stale(const db::Settings& settings,
                                             const std::string& snapshot, const Pins& pins,
                                             const std::string& ruleset, std::int64_t most);
/// What a run gave verdicts to; `digests` are filled with these, in the same order.
[[nodiscard]] std::vector<Target> load_judged(const db::Settings& settings,
                                              const std::string& snapshot, std::int64_t run,
                                              std::vector<Sha256Digest>& digests);

/// Of a back-test: payments of a rule set in a period, judged or not.
[[nodiscard]] std::vector<Target> load_period(const db::Settings& settings,
                                              const std::string& snapshot, const Pins& pins,
                                              const std::string& ruleset, std::int64_t from_us,
                                              std::int64_t until_us);

enum class Engine { automatic, scan, probe, sql };
[[nodiscard]] const char* engine_name(Engine engine);

/// One reading for any number of rule sets with one base currency.
struct Reading {
    std::unique_ptr<History> history; ///< finished
    Context context;
    Engine engine = Engine::scan; ///< the way it was read
    unsigned parts = 1;           ///< more than one: `history` holds what is to be judged only
};

/// Where to read, and with what means.
struct Place {
    const db::Settings& settings;
    db::Transaction& tx; ///< exported `snapshot`
    const std::string& snapshot;
    unsigned threads = 1;                                             ///< that judge
    std::uint64_t memory = std::numeric_limits<std::uint64_t>::max(); ///< bytes, about
};

/// What a judged row takes beside its history: its Target, its features, a chunk's verdicts. With
/// the shipped rule set of 15 features 160 bytes at a million rows (docs/decisions/0009).
inline constexpr std::uint64_t k_judged_row_bytes = 256;
/// How many targets fit; half of the memory is left to the history that they see.
[[nodiscard]] constexpr std::size_t targets_in(std::uint64_t memory) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(memory / 2 / k_judged_row_bytes));
}
/// `targets` cut into slices that fit, each to be read and judged for itself.
[[nodiscard]] std::vector<std::vector<Target>> slices_of(std::vector<Target> targets,
                                                         std::uint64_t memory);

/// Labels are read when a rule set asks for them, or always.
struct LabelReading {
    bool always = false;
    std::optional<std::int64_t> dataset_lag_us; ///< known_at of source `dataset` is event + lag
};

/// Reads what `targets` (by payment_id, not empty) can see of the past, and what later rows could
/// be stale through them. `rulesets`: the first is the live one; all of one base currency. With
/// Engine::automatic, probe where the targets are at most 2 % of the rows of their time.
/// Engine::sql reads as scan does and has features worked out by the server (engine_sql.hpp). A
/// scan that would take more than the place's memory is read in parts (load_parts.hpp), and so is a
/// probe that finds more than fits.
[[nodiscard]] Reading read_history(const Place& place, const Pins& pins,
                                   const std::string& ruleset_name,
                                   const std::vector<const Ruleset*>& rulesets,
                                   const std::vector<Target>& targets, Engine engine,
                                   LabelReading labels = {});

/// The index in `targets` of a payment; empty when it is not there.
[[nodiscard]] std::optional<std::size_t> find_target(const std::vector<Target>& targets,
                                                     std::int64_t payment_id);

} // namespace harmonia::screen
