// Explains the verdict of one row.
#include "jobs/screen/judge/explain_text.hpp"
#include "jobs/screen/judge/judge_state.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

constexpr std::size_t k_contributing_max = 5;

bool same_key(const History& history, const Feature& feature, std::size_t a, std::size_t b) {
    return std::all_of(
        feature.by.begin(), feature.by.end(),
        [&](Field field) {
            const auto value = raw_value(history, field, a);
            return value && value == raw_value(history, field, b);
        });
}

// Searches the whole history, as the engine never does: affordable for one row.
Explanation::FeatureLine window_of(const Judge::State& state, std::size_t number,
                                   std::uint32_t row) {
    const Feature& feature = state.ruleset.features[number];
    const History& history = state.history;
    Explanation::FeatureLine line;
    line.name = feature.name;
    line.until_us = history.event_us(row) - feature.lag_us;
    line.from_us = line.until_us - feature.over_us;
    const RowMask mask = state.mask_of(feature.where);
    for (std::size_t other = history.size(); other-- > 0;) {
        const std::int64_t event_us = history.event_us(other);
        if (event_us > line.until_us || (!feature.current && other == row))
            continue;
        if (event_us < line.from_us)
            break;
        if ((!mask.empty() && mask[other] == 0) || !same_key(history, feature, row, other))
            continue;
        if (feature.aggregate == Aggregate::verdicts && history.verdict(other) != feature.verdict)
            continue;
        if (feature.aggregate == Aggregate::labels &&
            history.label(other, std::min(history.event_us(row), state.context.label_asof_us)) !=
                true)
            continue;
        ++line.rows;
        if (line.contributing.size() < k_contributing_max)
            line.contributing.insert(line.contributing.begin(), history.payment_id(other));
    }
    return line;
}

std::string feature_value(const Judge::State& state, RowJudge& judge, std::size_t number) {
    Formula formula;
    FormulaNode node;
    node.op = Op::feature;
    node.kind = state.ruleset.features[number].kind;
    node.index = static_cast<std::uint16_t>(number);
    formula.nodes.push_back(node);
    return shown(judge.evaluator(), state.binding, formula, 0, judge.at());
}

Explanation::RuleLine rule_line(const Judge::State& state, RowJudge& judge, std::size_t number,
                                const Judgement& judgement) {
    const Rule& rule = state.ruleset.rules[number];
    Explanation::RuleLine line;
    line.id = rule.id;
    line.action = action_name(rule.action);
    line.group =
        rule.group < 0 ? "" : state.ruleset.groups[static_cast<std::size_t>(rule.group)].name;
    line.mode = rule.shadow ? "shadow" : "live";
    const char truth = judge.truths()[number];
    line.truth = truth == '1'   ? Explanation::Truth::yes
                 : truth == '0' ? Explanation::Truth::no
                                : Explanation::Truth::unknown;
    line.filled = truth == '?'
                      ? what_is_missing(judge.evaluator(), state.binding, rule.when, judge.at())
                      : filled(judge.evaluator(), state.binding, rule.when, judge.at());
    const auto hit = std::find_if(judgement.hits.begin(), judgement.hits.end(),
                                  [&](const Hit& each) { return each.rule == number; });
    if (hit != judgement.hits.end()) {
        line.score = hit->score;
        line.suppressed_by = hit->suppressed_by;
        line.reason = hit->reason;
    }
    return line;
}

} // namespace

Explanation Judge::explain(std::size_t index) const {
    RowJudge judge(*state_);
    std::vector<RuleCount> counts(state_->ruleset.rules.size());
    Explanation explanation;
    explanation.judgement = judge.judge(index, counts);
    explanation.judgement.digest = judge.digest();
    explanation.record = judge.record();
    explanation.in_scope = judge.in_scope();
    for (std::size_t i = 0; i < state_->ruleset.features.size(); ++i) {
        explanation.features.push_back(window_of(*state_, i, explanation.judgement.row));
        explanation.features.back().value = feature_value(*state_, judge, i);
    }
    if (!explanation.in_scope)
        return explanation;
    for (std::size_t i = 0; i < state_->ruleset.rules.size(); ++i)
        explanation.rules.push_back(rule_line(*state_, judge, i, explanation.judgement));
    for (std::size_t group = 0; group < judge.sums().size(); ++group) {
        const int sum = judge.sums()[group];
        if (sum == 0)
            continue;
        const bool named = group < state_->ruleset.groups.size();
        const int cap = named ? state_->ruleset.groups[group].cap : k_score_max;
        explanation.groups.push_back({named ? state_->ruleset.groups[group].name : "",
                                      named ? cap : 0, sum, named ? std::min(cap, sum) : sum});
    }
    return explanation;
}

} // namespace harmonia::screen
