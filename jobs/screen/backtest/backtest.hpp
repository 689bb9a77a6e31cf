// How well a rule set detects fraud: its verdicts against labels. Pure; takes verdicts in chunks,
// so that only counts are kept in memory.
#pragma once

#include "jobs/screen/facts/history.hpp"
#include "jobs/screen/facts/rational.hpp"
#include "jobs/screen/judge/judge.hpp"
#include "jobs/screen/rules/ruleset.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::screen {

struct BacktestOptions {
    std::int64_t from_us = k_never_us, until_us = k_ever_us; ///< rows counted: [from, until)
    bool review_is_positive = false; ///< review predicts fraud too, not only declined
    /// A row without a label counts as genuine if it is at least that much older than `now_us`;
    /// younger ones are counted separately.
    std::int64_t mature_us = 120 * time::k_day_us;
    std::int64_t now_us = k_ever_us;
    // The gate.
    Rational min_precision{30, 100}; ///< of positive predictions
    Rational max_stopped{5, 1000};   ///< share of rows that are stopped
};

/// Counts of rows and their money in minor units of the base currency.
struct Tally {
    std::uint64_t rows = 0;
    Int128 money = 0;
    void add(std::int64_t amount) {
        ++rows;
        money += amount < 0 ? 0 : amount;
    }
};
struct Confusion {
    Tally true_positive, false_positive, false_negative, true_negative;
    // Empty when the denominator is 0.
    [[nodiscard]] std::optional<Rational> precision() const;
    [[nodiscard]] std::optional<Rational> recall() const;
    [[nodiscard]] std::optional<Rational> f1() const; ///< 2·TP / (2·TP + FP + FN)
    [[nodiscard]] std::optional<Rational> value_precision() const;
    [[nodiscard]] std::optional<Rational>
    value_recall() const; ///< money caught / all fraud's money
    [[nodiscard]] std::optional<Rational> false_per_true() const;
    [[nodiscard]] std::optional<Rational> alert_rate() const; ///< positives / rows
    [[nodiscard]] std::uint64_t rows() const;
};

struct RuleReport {
    std::string id;
    bool shadow = false;
    std::uint64_t hits = 0, true_positive = 0, false_positive = 0;
    std::uint64_t unique_true_positive = 0; ///< frauds that no other live rule hit
    std::uint64_t suppressed = 0, unknown = 0;
    Int128 money_caught = 0; ///< of its true positives
};

/// How two rule sets differ: outcomes (before, after) and hits by rule id.
struct Changes {
    std::array<std::array<std::uint64_t, 4>, 4> outcomes{}; ///< [before][after], by Outcome
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> hits; ///< before, after
    void add(Outcome before, Outcome after) {
        ++outcomes[static_cast<std::size_t>(before)][static_cast<std::size_t>(after)];
    }
};

struct WeekReport {
    std::int32_t monday = 0; ///< days since 1970-01-01, UTC
    std::uint64_t rows = 0, frauds = 0, positives = 0, true_positive = 0;
};

struct BacktestReport {
    std::string ruleset, digest, base_currency;
    int exponent = 2;
    Confusion all;
    std::array<std::uint64_t, 4> outcomes{};     ///< by Outcome, of counted rows
    std::uint64_t young = 0, young_positive = 0; ///< unlabelled and not mature
    std::uint64_t warm_up = 0;                   ///< rows outside [from, until)
    std::vector<RuleReport> rules;               ///< in the rule set's order
    std::map<std::pair<std::string, std::string>, std::uint64_t> overlap; ///< rows both hit
    std::vector<WeekReport> weeks;
    std::optional<Changes> changes; ///< against the baseline
    bool gate_passed = false;
    std::string gate_text; ///< the reason
};

class Backtest {
public:
    Backtest(const Ruleset& ruleset, const BacktestOptions& options);
    /// Verdicts of the rule set on rows of a history; each payment once.
    void add(const History& history, std::span<const Judgement> judgements);
    /// Verdicts of the baseline on the same rows; to be called after add() for them.
    void add_baseline(const History& history, const Ruleset& baseline,
                      std::span<const Judgement> before, std::span<const Judgement> after);
    [[nodiscard]] BacktestReport finish(const std::vector<RuleCount>& counts);

private:
    enum class Truth { fraud, genuine, young };
    [[nodiscard]] Truth truth_of(const History& history, std::uint32_t row) const;
    void add_hits(const Judgement& judgement, bool fraud, std::int64_t amount);
    [[nodiscard]] bool counted(const History& history, std::uint32_t row) const;

    const Ruleset& ruleset_;
    BacktestOptions options_;
    BacktestReport report_;
    std::map<std::int32_t, WeekReport> weeks_;
};

} // namespace harmonia::screen
