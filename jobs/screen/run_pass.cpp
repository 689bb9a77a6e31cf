#include "jobs/screen/run_pass.hpp"

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/parallel/writers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {
namespace {

/// Chunks written concurrently: a session on the server for each of two processors.
constexpr unsigned k_sessions = 2;

/// The candidate that judges beside the live version, from the same reading.
std::optional<LoadedRuleset> load_shadow(db::Transaction& tx, const LoadedRuleset& live) {
    for (const int version : shadow_versions(tx, live.stored.name)) {
        if (version == live.stored.version)
            continue;
        auto shadow = load_ruleset(tx, {live.stored.name, version});
        if (shadow.ruleset.base_currency == live.ruleset.base_currency)
            return shadow;
        log::warn("a candidate with another base currency cannot judge beside the live version",
                  {{"ruleset", live.stored.name}, {"version", std::to_string(version)}});
    }
    return std::nullopt;
}

std::vector<LoadedRuleset> load_live(db::Transaction& tx) {
    std::vector<LoadedRuleset> out;
    for (const StoredRuleset& one : list_rulesets(tx, ""))
        if (one.status == "live")
            out.push_back(load_ruleset(tx, {one.name, one.version}));
    return out;
}

} // namespace

struct RulesetPass::Work {
    LoadedRuleset live;
    std::optional<LoadedRuleset> shadow;
    std::vector<LoadedRuleset> all_live; ///< whose verdicts late events can make stale
    Judging by_live, by_shadow;
    Pins pins;
    std::vector<Target> targets;
    Reading reading;
    std::vector<RuleCount> counts, shadow_counts;
    ChunkCounts written;
    std::int64_t stale = 0;
    bool resumed = false; ///< continues an open run with its pins
    bool complete = true; ///< no target was left for another pass
};

/// Loads under one snapshot: pins, rule sets, targets and what they can see. False: no targets.
bool RulesetPass::prepare(db::Connection& connection, Work& work) {
    const RunMode mode = options_.rescreen ? RunMode::rescreen : RunMode::live;
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = tx.export_snapshot();
    work.pins = pins_of_now(tx, options_.settle_us);
    work.live = load_ruleset(tx, {name_, 0});
    const auto open = options_.dry_run ? std::nullopt : find_open_run(tx, name_, mode);
    work.resumed = open && open->version == work.live.stored.version;
    if (work.resumed)
        work.pins = open->pins;
    work.by_live.facts = {options_.run_id,         mode,      name_, work.live.stored.version,
                          work.live.stored.digest, work.pins, ""};
    work.by_live.ruleset = &work.live.ruleset;
    if (open && !work.resumed) {
        tx.rollback();
        close_run(connection, open->id, "superseded");
        return prepare(connection, work);
    }
    if (mode == RunMode::live)
        work.shadow = load_shadow(tx, work.live);
    work.all_live = load_live(tx);
    load_targets(snapshot, work);
    if (work.targets.empty())
        return false;
    std::vector<const Ruleset*> rulesets{&work.live.ruleset};
    if (work.shadow)
        rulesets.push_back(&work.shadow->ruleset);
    work.reading =
        read_history({settings_.database, tx, snapshot,
                      options_.threads ? options_.threads : settings_.threads, settings_.memory},
                     work.pins, name_, rulesets, work.targets, options_.engine);
    work.by_live.facts.engine = engine_name(work.reading.engine);
    return true;
}

/// As many as fit into memory; if they are not all, the earliest.
void RulesetPass::load_targets(const std::string& snapshot, Work& work) const {
    const auto fit = static_cast<std::int64_t>(targets_that_fit(settings_.memory));
    if (options_.rescreen) {
        work.targets = load_stale(settings_.database, snapshot, work.pins, name_, fit);
        work.complete = static_cast<std::int64_t>(work.targets.size()) < fit;
        return;
    }
    work.targets = load_pending(settings_.database, snapshot, work.pins, name_,
                                {options_.limit.value_or(fit + 1), options_.limit.has_value()});
    work.complete = static_cast<std::int64_t>(work.targets.size()) <= fit;
    if (!work.complete)
        work.targets = load_pending(settings_.database, snapshot, work.pins, name_, {fit, true});
}

void RulesetPass::resume_or_begin(db::Connection& connection, Work& work) {
    // The candidate's run is opened first: with a smaller id it sees the same verdicts as the live
    // run, and none of its own.
    if (work.shadow) {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const auto open = find_open_run(tx, name_, RunMode::shadow);
        tx.rollback();
        work.by_shadow.facts = work.by_live.facts;
        work.by_shadow.facts.mode = RunMode::shadow;
        work.by_shadow.facts.version = work.shadow->stored.version;
        work.by_shadow.facts.digest = work.shadow->stored.digest;
        work.by_shadow.ruleset = &work.shadow->ruleset;
        if (open && open->version == work.shadow->stored.version)
            work.by_shadow.facts.pins.run = open->id;
        else
            open_run(connection, work.by_shadow.facts);
    }
    if (work.resumed)
        take_over_run(connection, work.by_live.facts);
    else
        open_run(connection, work.by_live.facts);
    std::vector<const Ruleset*> live;
    for (const LoadedRuleset& one : work.all_live)
        live.push_back(&one.ruleset);
    if (!options_.rescreen)
        work.stale = mark_stale(connection, work.by_live.facts.pins.run, work.targets, live);
}

void RulesetPass::write_all(db::Connection& connection, const db::SessionLock* lock, Work& work) {
    if (!options_.dry_run)
        resume_or_begin(connection, work);
    judge_all(lock, work);
    if (options_.dry_run)
        return;
    if (work.shadow)
        close_run(connection, work.by_shadow.facts.pins.run, "done");
    if (!options_.rescreen)
        raise_rate_alert(connection, work.by_live.facts.pins.run, settings_.rate,
                         settings_.publish.alerts);
    close_run(connection, work.by_live.facts.pins.run, "done");
}

void RulesetPass::judge_all(const db::SessionLock* lock, Work& work) {
    HARMONIA_CHECK(options_.dry_run || lock != nullptr); // verdicts are written under the lock only
    const History& history = *work.reading.history;
    const Judge judge(history, work.live.ruleset, work.reading.context);
    std::optional<Judge> beside;
    if (work.shadow && !options_.dry_run)
        beside.emplace(history, work.shadow->ruleset, work.reading.context);
    work.counts.resize(work.live.ruleset.rules.size());
    if (work.shadow)
        work.shadow_counts.resize(work.shadow->ruleset.rules.size());
    std::mutex counting;
    std::optional<parallel::Writers<Chunk>> writers;
    const Judging* shadow = beside ? &work.by_shadow : nullptr;
    if (!options_.dry_run)
        writers.emplace(work.targets.size() > settings_.chunk_rows ? k_sessions : 1, [&] {
            const std::shared_ptr<db::Connection> connection = db::connect(settings_.database);
            const auto store = std::make_shared<ChunkStore>(*connection, work.by_live, shadow,
                                                            history, settings_.publish);
            return [&, connection, store](const Chunk& chunk) {
                const ChunkCounts counts = store->write(chunk);
                const std::lock_guard lock_counts(counting);
                work.written.add(counts);
            };
        });
    for (std::size_t first = 0; first < judge.size(); first += settings_.chunk_rows) {
        const std::size_t count = std::min(settings_.chunk_rows, judge.size() - first);
        Chunk chunk;
        chunk.judgements = judge.judge(first, count, work.counts);
        if (beside)
            chunk.shadow = beside->judge(first, count, work.shadow_counts);
        if (!writers) {
            work.written.add(count_of(chunk.judgements));
            throw_if_stopped();
            continue;
        }
        for (const Judgement& one : chunk.judgements)
            chunk.targets.push_back(
                &work.targets[find_target(work.targets, one.payment_id).value()]);
        lock->verify();
        throw_if_stopped();
        writers->submit(std::move(chunk));
    }
    throw_if_stopped(); // chunks that are not written yet are left to the next run
    if (writers)
        writers->finish();
}

std::optional<RunResult> RulesetPass::once(db::Connection& connection, const db::SessionLock* lock,
                                           bool& again) {
    const auto began = std::chrono::steady_clock::now();
    Work work;
    again = false;
    if (!prepare(connection, work)) {
        if (work.resumed) { // the previous process had written all of it
            raise_rate_alert(connection, work.pins.run, settings_.rate, settings_.publish.alerts);
            close_run(connection, work.pins.run, "done");
        }
        again = work.resumed;
        return std::nullopt;
    }
    write_all(connection, lock, work);
    again = work.resumed || (!work.complete && !options_.limit);
    RunResult result;
    result.run = options_.dry_run ? 0 : work.by_live.facts.pins.run;
    result.ruleset = name_;
    result.engine = work.by_live.facts.engine;
    result.version = work.live.stored.version;
    result.shadow_version = work.shadow ? work.shadow->stored.version : 0;
    result.cut_seq = work.pins.cut_seq;
    result.counts = work.written;
    result.stale = work.stale;
    result.no_rate = static_cast<std::int64_t>(work.reading.history->missing_rates());
    for (std::size_t i = 0; i < work.counts.size(); ++i)
        result.rules.emplace_back(work.live.ruleset.rules[i].id, work.counts[i]);
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return result;
}

std::vector<RunResult> RulesetPass::run() {
    const auto connection = db::connect(settings_.database);
    const std::optional<db::SessionLock> lock =
        options_.dry_run ? std::nullopt
                         : db::SessionLock::acquire(*connection, db::LockClass::screen_rule_set,
                                                    name_, options_.wait);
    if (!lock && !options_.dry_run)
        throw Error(Exit::try_again, fmt::format("another run holds rule set '{}'", name_),
                    "--wait 1m waits for it.");
    std::vector<RunResult> out;
    for (bool again = true; again;) {
        throw_if_stopped();
        if (auto result = once(*connection, lock ? &*lock : nullptr, again))
            out.push_back(std::move(*result));
        again = again && !options_.dry_run;
    }
    return out;
}

} // namespace harmonia::screen
