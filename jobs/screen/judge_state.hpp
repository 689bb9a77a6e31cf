// How a row is judged; judge.cpp judges rows, judge_explain.cpp tells how.
#pragma once

#include "jobs/screen/evaluate.hpp"
#include "jobs/screen/explain_text.hpp"
#include "jobs/screen/judge.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// Suppressions by what they hold for.
class SuppressionIndex {
public:
    SuppressionIndex(const std::vector<ActiveSuppression>& suppressions, const Ruleset& ruleset,
                     const History& history);
    /// Which one holds for the rule and row: `customer=c9`; empty: none.
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

/// Judges rows one after the other; one thread at a time.
class RowJudge {
public:
    explicit RowJudge(const Judge::State& state);

    /// The verdict without its digest; `record()` then is the canonical text of it.
    [[nodiscard]] Judgement judge(std::size_t index, std::vector<RuleCount>& counts);
    [[nodiscard]] const std::string& record() const { return record_; }
    [[nodiscard]] Sha256Digest digest();

    // Of the row judged last.
    enum class Truth : char { no = '0', yes = '1', unknown = '?' };
    [[nodiscard]] const std::string& truths() const { return truths_; }  ///< one a rule; by Truth
    [[nodiscard]] const std::vector<int>& sums() const { return sums_; } ///< by group; last: none
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

/// min(cap, sum) of each group and what has none, added up and cut to 0 … 1000.
[[nodiscard]] int total_score(const std::vector<int>& sums, const Ruleset& ruleset);

} // namespace harmonia::screen
