// How a row is judged: judge_row.cpp judges, judge_explain.cpp explains.
#pragma once

#include "jobs/screen/judge/evaluate.hpp"
#include "jobs/screen/judge/explain_text.hpp"
#include "jobs/screen/judge/judge.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// Suppressions by the values that they apply to.
class SuppressionIndex {
public:
    SuppressionIndex(const std::vector<ActiveSuppression>& suppressions, const Ruleset& ruleset,
                     const History& history);
    /// The one that applies to the rule and row: `customer=c9`; empty: none.
    [[nodiscard]] std::string find(std::uint16_t rule, std::uint32_t row,
                                   const History& history) const;

private:
    struct Entry {
        std::int32_t rule; ///< -1: every rule
        std::int64_t starts_us, expires_us;
        std::string text;
    };
    std::vector<Field> fields_;
    std::unordered_map<std::uint64_t, std::vector<Entry>> entries_; ///< by field and code
};

struct Judge::State {
    State(const History& history, const Ruleset& ruleset, const Context& context);

    const History& history;
    const Ruleset& ruleset;
    const Context& context;
    Binding binding;
    std::unique_ptr<FeatureTable> features;
    SuppressionIndex suppressions;
    [[nodiscard]] RowMask mask_of(const Formula& formula) const;
};

/// Judges one row after the other; one thread at a time.
class RowJudge {
public:
    explicit RowJudge(const Judge::State& state);

    /// The verdict without its digest; record() then is its canonical text.
    [[nodiscard]] Judgement judge(std::size_t index, std::vector<RuleCount>& counts);
    [[nodiscard]] const std::string& record() const { return record_; }
    [[nodiscard]] Sha256Digest digest();

    // Of the row that was judged last.
    enum class Truth : char { no = '0', yes = '1', unknown = '?' };
    [[nodiscard]] const std::string& truths() const { return truths_; } ///< one Truth per rule
    [[nodiscard]] const std::vector<int>& sums() const {
        return sums_;
    } ///< by group; last: no group
    [[nodiscard]] bool in_scope() const { return in_scope_; }
    [[nodiscard]] Evaluator& evaluator() { return evaluator_; }
    [[nodiscard]] const RowAt& at() const { return at_; }

private:
    [[nodiscard]] Truth ask(const Rule& rule, int& score);
    void hit(Judgement& judgement, std::uint16_t rule, int score, RuleCount& count);
    void decide(Judgement& judgement) const;
    void write_record(const Judgement& judgement);
    void write_feature(std::size_t feature);

    const Judge::State& state_;
    Evaluator evaluator_;
    RowAt at_;
    std::vector<std::vector<Input>> inputs_; ///< by rule
    std::vector<std::uint8_t> tags_;
    std::vector<int> sums_;
    std::string truths_, record_;
    bool in_scope_ = true;
    Sha256 sha_;
};

/// The sum of min(cap, sum) of each group and of the scores without a group, limited to 0 … 1000.
[[nodiscard]] int total_score(const std::vector<int>& sums, const Ruleset& ruleset);

} // namespace harmonia::screen
