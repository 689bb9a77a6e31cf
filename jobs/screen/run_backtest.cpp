#include "jobs/screen/run_backtest.hpp"

#include "core/db/copy_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace harmonia::screen {
namespace {

Ruleset ruleset_of(db::Transaction& tx, const std::string& text) {
    if (std::filesystem::is_regular_file(text))
        return read_ruleset_file(text).ruleset;
    return load_ruleset(tx, parse_ruleset_name(text)).ruleset;
}

/// A date or instant as microseconds, read by the server; the other end without one.
std::int64_t instant(db::Transaction& tx, const std::string& text, std::int64_t otherwise) {
    if (text.empty())
        return otherwise;
    return tx.exec("SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint", text)
        .integer(0, 0);
}

/// When a rule set's first payment happened.
std::int64_t first_event(db::Transaction& tx, const std::string& ruleset) {
    return tx
        .exec("SELECT coalesce(min(event_us), 0) FROM screening.fact WHERE ruleset = $1", ruleset)
        .integer(0, 0);
}

Outcome outcome_named(std::string_view text) {
    for (const Outcome one : {Outcome::approved, Outcome::review, Outcome::declined})
        if (text == outcome_name(one))
            return one;
    return Outcome::none;
}

constexpr const char* k_both = R"(
    FROM screening.verdict s JOIN screening.verdict l ON l.payment_id = s.payment_id
     AND l.ruleset = s.ruleset AND l.rev = s.rev AND NOT l.is_shadow
    WHERE s.is_shadow AND s.ruleset = $1 AND s.version = $2)";

} // namespace

BacktestReport backtest(const Settings& settings, const BacktestWanted& wanted) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = tx.export_snapshot();
    const Ruleset candidate = ruleset_of(tx, wanted.candidate);
    const std::string of = wanted.of.empty() ? candidate.name : wanted.of;
    std::optional<Ruleset> baseline;
    if (!wanted.baseline.empty())
        baseline = ruleset_of(tx, wanted.baseline == "live" ? of : wanted.baseline);
    if (baseline && baseline->base_currency != candidate.base_currency)
        throw Error(Exit::config, "the baseline has another base currency");
    const Pins pins = pins_of_now(tx, 0);
    BacktestOptions options = wanted.options;
    options.from_us = instant(tx, wanted.from, k_never_us);
    if (wanted.warmup_us > 0)
        options.from_us = std::max(options.from_us, first_event(tx, of) + wanted.warmup_us);
    options.until_us = instant(tx, wanted.until, k_ever_us);
    options.now_us = pins.label_asof_us;
    std::vector<Target> targets =
        load_period(settings.database, snapshot, pins, of, options.from_us, options.until_us);
    if (targets.empty())
        throw Error(Exit::no_input, fmt::format("no payment of rule set '{}' is in the period", of),
                    "--of NAME tests on the payments of another rule set.");
    std::vector<const Ruleset*> rulesets{&candidate};
    if (baseline)
        rulesets.push_back(&*baseline);
    Backtest test(candidate, options);
    std::vector<RuleCount> counts(candidate.rules.size());
    std::vector<RuleCount> counts_before(baseline ? baseline->rules.size() : 0);
    const Place place{settings.database, tx, snapshot,
                      wanted.threads ? wanted.threads : settings.threads, settings.memory};
    for (const auto& slice : slices_of(std::move(targets), settings.memory)) {
        const Reading reading = read_history(place, pins, of, rulesets, slice, Engine::scan,
                                             {true, wanted.label_lag_us});
        const Judge judge(*reading.history, candidate, reading.context);
        std::optional<Judge> before;
        if (baseline)
            before.emplace(*reading.history, *baseline, reading.context);
        for (std::size_t first = 0; first < judge.size(); first += settings.chunk_rows) {
            const std::size_t count = std::min(settings.chunk_rows, judge.size() - first);
            const auto judgements = judge.judge(first, count, counts);
            test.add(*reading.history, judgements);
            if (before)
                test.add_baseline(*reading.history, *baseline,
                                  before->judge(first, count, counts_before), judgements);
        }
    }
    return test.finish(counts);
}

Changes compare_shadow(const Settings& settings, const RulesetName& candidate) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    Changes changes;
    const auto outcomes =
        tx.exec(std::string("SELECT l.outcome, s.outcome, count(*) ") + k_both + " GROUP BY 1, 2",
                candidate.name, candidate.version);
    if (outcomes.empty())
        throw Error(Exit::no_input,
                    fmt::format("{}@{} has not judged anything beside the live version",
                                candidate.name, candidate.version),
                    "harmonia screen rules shadow NAME@VERSION --until DATE starts it.");
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        changes.outcomes[static_cast<std::size_t>(outcome_named(outcomes.text(i, 0)))]
                        [static_cast<std::size_t>(outcome_named(outcomes.text(i, 1)))] +=
            static_cast<std::uint64_t>(outcomes.integer(i, 2));
    const auto hits = tx.exec(std::string("WITH pairs AS MATERIALIZED (SELECT l.id AS live, s.id "
                                          "AS shadow ") +
                                  k_both +
                                  ") SELECT h.rule_id, count(*) FILTER (WHERE h.verdict_id = "
                                  "p.live), count(*) FILTER (WHERE h.verdict_id = p.shadow) FROM "
                                  "pairs p JOIN screening.verdict_hit h ON h.verdict_id IN "
                                  "(p.live, p.shadow) WHERE NOT h.is_shadow AND h.suppressed_by "
                                  "IS NULL GROUP BY 1",
                              candidate.name, candidate.version);
    for (std::size_t i = 0; i < hits.size(); ++i)
        changes.hits[std::string(hits.text(i, 0))] = {
            static_cast<std::uint64_t>(hits.integer(i, 1)),
            static_cast<std::uint64_t>(hits.integer(i, 2))};
    return changes;
}

} // namespace harmonia::screen
