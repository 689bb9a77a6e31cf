// What a run writes: its own row, chunks of verdicts with all their consequences in one
// transaction, and the marks on rows that late events make stale.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// Verdicts a transaction; also the step of screening.verdict_id.
inline constexpr std::size_t k_chunk_rows = 50'000;

enum class RunMode { live, shadow, rescreen };
[[nodiscard]] const char* mode_name(RunMode mode);

/// Who judges: a version of a rule set in one run.
struct RunFacts {
    std::string run_id; ///< of ops.job_run
    RunMode mode = RunMode::live;
    std::string ruleset;
    int version = 0;
    std::string digest; ///< of the rule set
    Pins pins;
    std::string engine;
};

/// The row of a run that did not come to its end: the next of its rule set goes on with its pins.
struct OpenRun {
    std::int64_t id = 0;
    int version = 0;
    Pins pins;
};
/// The oldest one of a rule set and mode. Under the rule set's lock.
[[nodiscard]] std::optional<OpenRun> find_open_run(db::Transaction& tx, const std::string& ruleset,
                                                   RunMode mode);
/// Makes the row; sets facts.pins.run.
void open_run(db::Connection& connection, RunFacts& facts);
/// Says who works at an open run now.
void take_over_run(db::Connection& connection, const RunFacts& facts);
/// done, failed or superseded.
void close_run(db::Connection& connection, std::int64_t run, const std::string& outcome);

struct PublishSettings {
    bool publish = false;                    ///< `screening.publish`
    bool legacy_reply = false;               ///< `screening.legacy_reply`
    bool alerts = false;                     ///< `alerts.publish`
    std::int64_t review_due_ms = 86'400'000; ///< `screening.review_due`
};

/// What one chunk did.
struct ChunkCounts {
    std::int64_t rows = 0, approved = 0, review = 0, declined = 0;
    std::int64_t moved = 0, alerts = 0, suppressed = 0, late_evidence = 0;
    void add(const ChunkCounts& other);
};

[[nodiscard]] ChunkCounts count_of(const std::vector<Judgement>& judgements);

/// Verdicts of one chunk and where each payment goes.
struct Chunk {
    std::vector<Judgement> judgements;
    std::vector<Judgement> shadow; ///< of the same payments by the candidate; empty without one
    std::vector<const Target*> targets;
};

/// A version that judges.
struct Judging {
    RunFacts facts;
    const Ruleset* ruleset = nullptr;
};

/// One session's writer of chunks.
class ChunkStore {
public:
    /// `shadow` may be null. All but the connection may be shared by several stores.
    ChunkStore(db::Connection& connection, const Judging& live, const Judging* shadow,
               const History& history, PublishSettings settings);
    /// All of it or nothing. Error(try_again) when a payment changed meanwhile, Error(internal) for
    /// an illegal move.
    ChunkCounts write(const Chunk& chunk);

private:
    void move(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id, ChunkCounts& counts);
    void tell(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id, ChunkCounts& counts);
    /// What an outcome raises; null: nothing.
    [[nodiscard]] const AlertRule* alert_of(Outcome outcome) const;
    [[nodiscard]] State next_state(const Target& target, const Judgement& judgement) const;

    db::Connection& connection_;
    const Judging& live_;
    const Judging* shadow_;
    const History& history_;
    PublishSettings settings_;
};

/// Marks verdicts of earlier cuts that `targets` would have influenced, in every live rule set.
/// Harmless to repeat. Returns how many.
std::int64_t mark_stale(db::Connection& connection, std::int64_t run,
                        const std::vector<Target>& targets,
                        const std::vector<const Ruleset*>& live);

} // namespace harmonia::screen
