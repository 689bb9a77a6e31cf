// Judges one row: rules, score, outcome, and the canonical record that is digested.
#include "jobs/screen/judge/judge_state.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace harmonia::screen {

namespace {

void append(std::string& record, std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number);
    record.append(digits, end.ptr);
}
void append(std::string& record, Int128 number) {
    if (number == static_cast<std::int64_t>(number))
        append(record, static_cast<std::int64_t>(number));
    else
        record += print(number);
}
// Preceded by its length, so that no text can imitate another record.
void append(std::string& record, std::string_view text) {
    append(record, static_cast<std::int64_t>(text.size()));
    record += ':';
    record += text;
}

} // namespace

int total_score(const std::vector<int>& sums, const Ruleset& ruleset) {
    int total = sums.back();
    for (std::size_t group = 0; group < ruleset.groups.size(); ++group)
        total += std::min(ruleset.groups[group].cap, sums[group]);
    return std::clamp(total, 0, k_score_max);
}

RowJudge::RowJudge(const Judge::State& state) : state_(state), evaluator_(state.binding) {
    tags_.resize(state.ruleset.tags.size());
    at_.tags = &tags_;
    for (const Rule& rule : state.ruleset.rules)
        inputs_.push_back(inputs_of(rule.when, state.ruleset));
}

RowJudge::Truth RowJudge::ask(const Rule& rule, int& score) {
    const Cell cell = evaluator_.eval(rule.when, at_);
    score = rule.score;
    if (!cell.known)
        return Truth::unknown;
    if (rule.bands.empty())
        return cell.is_true() ? Truth::yes : Truth::no;
    const auto above = std::find_if(rule.bands.begin(), rule.bands.end(), [&](const Band& band) {
        return compare(band.from, cell.number) > 0;
    });
    if (above == rule.bands.begin())
        return Truth::no;
    score = std::prev(above)->score;
    return Truth::yes;
}

Judgement RowJudge::judge(std::size_t index, std::vector<RuleCount>& counts) {
    const Ruleset& ruleset = state_.ruleset;
    Judgement judgement;
    at_.row = state_.history.judged()[index];
    at_.index = index;
    judgement.row = at_.row;
    judgement.payment_id = state_.history.payment_id(at_.row);
    std::fill(tags_.begin(), tags_.end(), std::uint8_t{0});
    sums_.assign(ruleset.groups.size() + 1, 0);
    truths_.clear();
    in_scope_ = ruleset.applies_to.empty() || evaluator_.eval(ruleset.applies_to, at_).is_true();
    for (std::uint16_t i = 0; in_scope_ && i < ruleset.rules.size(); ++i) {
        int score = 0;
        const Truth truth = ask(ruleset.rules[i], score);
        truths_ += static_cast<char>(truth);
        counts[i].unknown += truth == Truth::unknown ? 1 : 0;
        if (truth == Truth::yes)
            hit(judgement, i, score, counts[i]);
    }
    decide(judgement);
    write_record(judgement);
    return judgement;
}

void RowJudge::hit(Judgement& judgement, std::uint16_t number, int score, RuleCount& count) {
    const Rule& rule = state_.ruleset.rules[number];
    Hit made;
    made.rule = number;
    made.score = static_cast<std::int16_t>(score);
    made.shadow = rule.shadow;
    if (!rule.unsuppressible)
        made.suppressed_by = state_.suppressions.find(number, at_.row, state_.history);
    made.reason = filled(evaluator_, state_.binding, rule.reason, at_);
    made.inputs = inputs_json(evaluator_, state_.binding, rule.when, inputs_[number], at_);
    if (made.shadow) {
        ++count.shadow;
    } else if (!made.suppressed_by.empty()) {
        ++count.suppressed;
    } else {
        ++count.hits;
        sums_[rule.group < 0 ? sums_.size() - 1 : static_cast<std::size_t>(rule.group)] += score;
        if (rule.tag >= 0)
            tags_[static_cast<std::size_t>(rule.tag)] = 1;
    }
    judgement.hits.push_back(std::move(made));
}

// block wins over allow, allow over the score and hold.
void RowJudge::decide(Judgement& judgement) const {
    const Ruleset& ruleset = state_.ruleset;
    const Rule* first[5] = {};
    for (const Hit& each : judgement.hits) {
        const Rule& rule = ruleset.rules[each.rule];
        const Rule*& known = first[static_cast<std::size_t>(rule.action)];
        if (!each.shadow && each.suppressed_by.empty() && known == nullptr)
            known = &rule;
    }
    const Rule* block = first[static_cast<std::size_t>(Action::block)];
    const Rule* allow = first[static_cast<std::size_t>(Action::allow)];
    const Rule* hold = first[static_cast<std::size_t>(Action::hold)];
    judgement.outcome = Outcome::approved;
    if (!in_scope_) {
        judgement.decided_by = "out_of_scope";
        return;
    }
    judgement.score = total_score(sums_, ruleset);
    judgement.decided_by = "threshold";
    if (judgement.score >= ruleset.decline_at) {
        judgement.outcome = Outcome::declined;
    } else if (judgement.score >= ruleset.review_at) {
        judgement.outcome = Outcome::review;
    } else if (hold != nullptr) {
        judgement.outcome = Outcome::review;
        judgement.decided_by = "rule " + hold->id;
    }
    if (block != nullptr) {
        judgement.outcome = Outcome::declined;
        judgement.decided_by = "rule " + block->id;
    } else if (allow != nullptr) {
        if (judgement.outcome != Outcome::approved)
            judgement.override_text = std::string(outcome_name(judgement.outcome)) + " at " +
                                      std::to_string(judgement.score);
        judgement.outcome = Outcome::approved;
        judgement.decided_by = "rule " + allow->id;
    }
}

// The row by its natural key, the features, the result of each rule, the hits, the outcome. Any
// change of this text changes every digest.
void RowJudge::write_record(const Judgement& judgement) {
    const History& history = state_.history;
    record_ = "harmonia verdict 1\n";
    append(record_, history.text(Field::source, at_.row));
    append(record_, history.text(Field::feed_type, at_.row));
    append(record_, history.external_id(at_.row));
    record_ += '\n';
    record_ += state_.ruleset.digest;
    record_ += "\nfeatures";
    for (std::size_t i = 0; i < state_.ruleset.features.size(); ++i)
        write_feature(i);
    record_ += "\nrules ";
    record_ += truths_;
    for (const Hit& each : judgement.hits) {
        const Rule& rule = state_.ruleset.rules[each.rule];
        record_ += "\nhit ";
        append(record_, rule.id);
        append(record_, static_cast<std::int64_t>(each.score));
        record_ += each.shadow ? " shadow " : " live ";
        append(record_, each.suppressed_by);
        append(record_, each.reason);
    }
    record_ += "\nscore ";
    append(record_, static_cast<std::int64_t>(judgement.score));
    record_ += '\n';
    record_ += outcome_name(judgement.outcome);
    record_ += ' ';
    record_ += judgement.decided_by;
    record_ += ' ';
    record_ += judgement.override_text;
    record_ += '\n';
}

void RowJudge::write_feature(std::size_t number) {
    const Feature& feature = state_.ruleset.features[number];
    const FeatureColumn& column = state_.features->column(number);
    const std::int64_t n = column.n[at_.index];
    record_ += ' ';
    if (n == FeatureColumn::k_missing) {
        record_ += '-';
        return;
    }
    append(record_, n);
    if (is_text(feature)) {
        record_ += '/';
        append(record_, state_.history.dictionary(feature.of)
                            .text(static_cast<std::uint32_t>(column.value[at_.index])));
    } else if (!column.value.empty()) {
        record_ += '/';
        append(record_, column.value[at_.index]);
    }
    if (!column.sum.empty()) {
        record_ += '/';
        append(record_, column.sum[at_.index]);
    }
    if (!column.squares.empty()) {
        record_ += '/';
        append(record_, column.squares[at_.index]);
    }
}

Sha256Digest RowJudge::digest() {
    sha_.update(record_);
    return sha_.finish();
}

} // namespace harmonia::screen
