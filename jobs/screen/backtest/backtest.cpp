#include "jobs/screen/backtest/backtest.hpp"

#include "core/base/check.hpp"
#include "core/time/civil.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

std::optional<Rational> ratio(Int128 part, Int128 whole) {
    return whole == 0 ? std::nullopt : std::optional(Rational{part, whole});
}

std::int32_t monday_of(std::int64_t event_us) {
    const std::int32_t day = time::date_of_local(event_us);
    return day - (time::weekday_of(day) - 1);
}

std::string percent(const Rational& share) {
    return print(Rational{share.num * 100, share.den}, 2) + " %";
}

} // namespace

std::optional<Rational> Confusion::precision() const {
    return ratio(true_positive.rows, true_positive.rows + false_positive.rows);
}
std::optional<Rational> Confusion::recall() const {
    return ratio(true_positive.rows, true_positive.rows + false_negative.rows);
}
std::optional<Rational> Confusion::f1() const {
    return ratio(2 * true_positive.rows,
                 2 * true_positive.rows + false_positive.rows + false_negative.rows);
}
std::optional<Rational> Confusion::value_precision() const {
    return ratio(true_positive.money, true_positive.money + false_positive.money);
}
std::optional<Rational> Confusion::value_recall() const {
    return ratio(true_positive.money, true_positive.money + false_negative.money);
}
std::optional<Rational> Confusion::false_per_true() const {
    return ratio(false_positive.rows, true_positive.rows);
}
std::optional<Rational> Confusion::alert_rate() const {
    return ratio(true_positive.rows + false_positive.rows, rows());
}
std::uint64_t Confusion::rows() const {
    return true_positive.rows + false_positive.rows + false_negative.rows + true_negative.rows;
}

Backtest::Backtest(const Ruleset& ruleset, const BacktestOptions& options)
    : ruleset_(ruleset), options_(options) {
    report_.ruleset = ruleset.name;
    report_.digest = ruleset.digest;
    report_.base_currency = ruleset.base_currency;
    report_.exponent = ruleset.exponent;
    for (const Rule& rule : ruleset.rules) {
        RuleReport made;
        made.id = rule.id;
        made.shadow = rule.shadow;
        report_.rules.push_back(made);
    }
}

bool Backtest::counted(const History& history, std::uint32_t row) const {
    return history.event_us(row) >= options_.from_us && history.event_us(row) < options_.until_us;
}

Backtest::Truth Backtest::truth_of(const History& history, std::uint32_t row) const {
    if (const auto label = history.label(row, k_ever_us))
        return *label ? Truth::fraud : Truth::genuine;
    return options_.now_us == k_ever_us ||
                   history.event_us(row) <= options_.now_us - options_.mature_us
               ? Truth::genuine
               : Truth::young;
}

void Backtest::add(const History& history, std::span<const Judgement> judgements) {
    for (const Judgement& judgement : judgements) {
        if (!counted(history, judgement.row)) {
            ++report_.warm_up;
            continue;
        }
        ++report_.outcomes[static_cast<std::size_t>(judgement.outcome)];
        const bool positive = judgement.outcome == Outcome::declined ||
                              (options_.review_is_positive && judgement.outcome == Outcome::review);
        const Truth truth = truth_of(history, judgement.row);
        if (truth == Truth::young) {
            ++report_.young;
            report_.young_positive += positive ? 1 : 0;
            continue;
        }
        const bool fraud = truth == Truth::fraud;
        const std::int64_t amount = history.amount(judgement.row);
        Tally& tally = positive ? (fraud ? report_.all.true_positive : report_.all.false_positive)
                                : (fraud ? report_.all.false_negative : report_.all.true_negative);
        tally.add(amount);
        WeekReport& week = weeks_[monday_of(history.event_us(judgement.row))];
        ++week.rows;
        week.frauds += fraud ? 1 : 0;
        week.positives += positive ? 1 : 0;
        week.true_positive += positive && fraud ? 1 : 0;
        add_hits(judgement, fraud, amount);
    }
}

void Backtest::add_hits(const Judgement& judgement, bool fraud, std::int64_t amount) {
    std::size_t live = 0;
    for (const Hit& hit : judgement.hits)
        live += !hit.shadow && hit.suppressed_by.empty() ? 1U : 0U;
    for (std::size_t i = 0; i < judgement.hits.size(); ++i) {
        const Hit& hit = judgement.hits[i];
        if (!hit.suppressed_by.empty())
            continue;
        RuleReport& rule = report_.rules[hit.rule];
        ++rule.hits;
        ++(fraud ? rule.true_positive : rule.false_positive);
        if (fraud)
            rule.money_caught += amount < 0 ? 0 : amount;
        rule.unique_true_positive += fraud && live == (hit.shadow ? 0U : 1U) ? 1 : 0;
        for (std::size_t j = i + 1; j < judgement.hits.size(); ++j)
            if (judgement.hits[j].suppressed_by.empty())
                ++report_.overlap[{rule.id, report_.rules[judgement.hits[j].rule].id}];
    }
}

void Backtest::add_baseline(const History& history, const Ruleset& baseline,
                            std::span<const Judgement> before, std::span<const Judgement> after) {
    HARMONIA_CHECK(before.size() == after.size());
    Changes& changes = report_.changes ? *report_.changes : report_.changes.emplace();
    for (std::size_t i = 0; i < before.size(); ++i) {
        HARMONIA_CHECK(before[i].row == after[i].row);
        if (!counted(history, before[i].row))
            continue;
        changes.add(before[i].outcome, after[i].outcome);
        for (const Hit& hit : before[i].hits)
            ++changes.hits[baseline.rules[hit.rule].id].first;
        for (const Hit& hit : after[i].hits)
            ++changes.hits[ruleset_.rules[hit.rule].id].second;
    }
}

BacktestReport Backtest::finish(const std::vector<RuleCount>& counts) {
    for (std::size_t rule = 0; rule < counts.size() && rule < report_.rules.size(); ++rule) {
        report_.rules[rule].unknown = counts[rule].unknown;
        report_.rules[rule].suppressed = counts[rule].suppressed;
    }
    for (const auto& [monday, week] : weeks_) {
        report_.weeks.push_back(week);
        report_.weeks.back().monday = monday;
    }
    const auto precision = report_.all.precision();
    const auto stopped = report_.all.alert_rate();
    const bool precise = precision && compare(*precision, options_.min_precision) >= 0;
    const bool few = stopped && compare(*stopped, options_.max_stopped) <= 0;
    report_.gate_passed = precise && few;
    report_.gate_text = "precision " + (precision ? print(*precision, 4) : "undefined") +
                        (precise ? " ≥ " : " < ") + print(options_.min_precision, 2) +
                        ", stopped " + (stopped ? percent(*stopped) : "undefined") +
                        (few ? " ≤ " : " > ") + percent(options_.max_stopped);
    return std::move(report_);
}

} // namespace harmonia::screen
