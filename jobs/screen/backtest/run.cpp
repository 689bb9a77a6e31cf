#include "jobs/screen/backtest/run.hpp"

#include "jobs/screen/backtest/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace harmonia::screen {
namespace {

/// Of a file, or a stored version.
Ruleset ruleset_of(db::Transaction& tx, const std::string& text) {
    if (std::filesystem::is_regular_file(text))
        return read_ruleset_file(text).ruleset;
    return load_ruleset(tx, parse_ruleset_name(text)).ruleset;
}

/// The instant of an option, or the default when it is not given.
std::int64_t instant_or(db::Transaction& tx, const std::string& text, std::int64_t otherwise) {
    return text.empty() ? otherwise : load_instant_us(tx, text);
}

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
        throw Error(Exit::config, "the baseline must have the base currency of the candidate");
    const Pins pins = pins_of_now(tx, 0);
    BacktestOptions options = wanted.options;
    options.from_us = instant_or(tx, wanted.from, k_never_us);
    if (wanted.warmup_us > 0)
        options.from_us = std::max(options.from_us, first_event_us(tx, of) + wanted.warmup_us);
    options.until_us = instant_or(tx, wanted.until, k_ever_us);
    options.now_us = pins.label_asof_us;
    std::vector<Target> targets =
        load_period(settings.database, snapshot, pins, of, options.from_us, options.until_us);
    if (targets.empty())
        throw Error(Exit::no_input, fmt::format("rule set '{}' has no payments in the period", of),
                    "--of NAME uses the payments of another rule set.");
    std::vector<const Ruleset*> rulesets{&candidate};
    if (baseline)
        rulesets.push_back(&*baseline);
    Backtest test(candidate, options);
    std::vector<RuleCount> counts(candidate.rules.size());
    std::vector<RuleCount> counts_before(baseline ? baseline->rules.size() : 0);
    const ReadContext context{settings.database, tx, snapshot,
                              wanted.threads ? wanted.threads : settings.threads, settings.memory};
    for (const auto& slice : slices_of(std::move(targets), settings.memory)) {
        const Reading reading = read_history(context, pins, of, rulesets, slice, Engine::scan,
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
    auto changes = load_changes(tx, candidate);
    if (!changes)
        throw Error(Exit::no_input,
                    fmt::format("{} has no verdicts beside the live version",
                                print_ruleset_name(candidate)),
                    "harmonia screen rules shadow NAME@VERSION --until DATE starts it.");
    return std::move(*changes);
}

} // namespace harmonia::screen
