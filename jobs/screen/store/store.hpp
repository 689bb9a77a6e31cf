// What a run writes: its own row, chunks of verdicts (each with all its consequences in one
// transaction), and the marks on verdicts that late events make stale.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/load/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// Verdicts per transaction; also the increment of the sequence screening.verdict_id.
inline constexpr std::size_t k_chunk_rows = 50'000;

/// A run of one version of a rule set.
struct RunFacts {
    std::string run_id; ///< of ops.job_run
    RunMode mode = RunMode::live;
    std::string ruleset;
    int version = 0;
    std::string digest; ///< of the rule set
    Pins pins;
    std::string engine;
};

/// Inserts the run's row; sets facts.pins.run.
void open_run(db::Connection& connection, RunFacts& facts);
/// Records that this process continues an open run.
void take_over_run(db::Connection& connection, const RunFacts& facts);
/// `outcome`: done, failed or superseded.
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

/// Verdicts of one chunk with their payments.
struct Chunk {
    std::vector<Judgement> judgements;
    std::vector<Judgement> shadow; ///< of the same payments by the candidate, if there is one
    std::vector<const Target*> targets;
};

/// A run with its rule set.
struct Judging {
    RunFacts facts;
    const Ruleset* ruleset = nullptr;
};

/// Writes chunks over one session.
class ChunkStore {
public:
    /// `shadow` may be null. Several stores may share everything but the connection.
    ChunkStore(db::Connection& connection, const Judging& live, const Judging* shadow,
               const History& history, PublishSettings settings);
    /// All or nothing. Error(try_again) when a payment changed meanwhile, Error(internal) for an
    /// illegal move.
    ChunkCounts write(const Chunk& chunk);

private:
    void move(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id, ChunkCounts& counts);
    void notify(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id,
                ChunkCounts& counts);
    /// The alert that an outcome raises; null: none.
    [[nodiscard]] const AlertRule* alert_of(Outcome outcome) const;
    [[nodiscard]] State next_state(const Target& target, const Judgement& judgement) const;

    db::Connection& connection_;
    const Judging& live_;
    const Judging* shadow_;
    const History& history_;
    PublishSettings settings_;
};

/// Marks verdicts of earlier cuts that `targets` would have influenced, in every live rule set.
/// Returns how many. Safe to repeat.
std::int64_t mark_stale(db::Connection& connection, std::int64_t run,
                        const std::vector<Target>& targets,
                        const std::vector<const Ruleset*>& live);

} // namespace harmonia::screen
