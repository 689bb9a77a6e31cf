// `screen --replay`: judges again what a run judged and compares the digests.
#include "jobs/screen/load/versions.hpp"
#include "jobs/screen/run.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr std::size_t k_examples = 20; // enough to start looking

} // namespace

Replay replay(const Settings& settings, std::int64_t run, Engine engine, unsigned threads) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = tx.export_snapshot();
    const StoredRun past = load_run(tx, run);
    Replay out;
    out.ruleset = past.ruleset;
    out.version = past.version;
    std::vector<Sha256Digest> digests;
    const std::vector<Target> targets = load_judged(settings.database, snapshot, run, digests);
    if (targets.empty())
        return out;
    const LoadedRuleset rules = load_ruleset(tx, {past.ruleset, past.version});
    if (rules.ruleset.digest != past.digest)
        throw Error(Exit::internal,
                    fmt::format("the stored text of {}@{} no longer has the digest of run {}",
                                past.ruleset, past.version, run));
    std::vector<RuleCount> counts(rules.ruleset.rules.size());
    const ReadContext context{settings.database, tx, snapshot, threads ? threads : settings.threads,
                              settings.memory};
    for (const auto& slice : slices_of(targets, settings.memory)) {
        const Reading reading =
            read_history(context, past.pins, past.ruleset, {&rules.ruleset}, slice, engine);
        out.parts = std::max(out.parts, reading.parts);
        const Judge judge(*reading.history, rules.ruleset, reading.context);
        for (std::size_t first = 0; first < judge.size(); first += settings.chunk_rows)
            for (const Judgement& one :
                 judge.judge(first, std::min(settings.chunk_rows, judge.size() - first), counts)) {
                ++out.rows;
                if (digests[find_target(targets, one.payment_id).value()] == one.digest)
                    continue;
                ++out.different;
                if (out.examples.size() < k_examples)
                    out.examples.push_back(one.payment_id);
            }
    }
    out.different += static_cast<std::int64_t>(targets.size()) - out.rows;
    return out;
}

} // namespace harmonia::screen
