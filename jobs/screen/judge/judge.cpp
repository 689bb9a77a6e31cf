#include "jobs/screen/judge/judge.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/parallel/thread_group.hpp"
#include "jobs/screen/judge/explain_text.hpp"
#include "jobs/screen/judge/judge_state.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

std::uint64_t key_of(Field field, std::uint32_t code) {
    return (static_cast<std::uint64_t>(field) << 32U) | code;
}

Field text_field(const std::string& key) {
    const auto field = field_named(key);
    if (!field || *field >= Field::amount)
        throw Error(Exit::config, "a suppression's key must be a text field, got '" + key + "'");
    return *field;
}

std::vector<std::uint32_t> codes_of(Field field, const std::string& value, const History& history) {
    const Dictionary& known = history.dictionary(field);
    if (field != Field::card) {
        const std::uint32_t code = known.find(value);
        return code == 0 ? std::vector<std::uint32_t>{} : std::vector{code};
    }
    std::vector<std::uint32_t> codes;
    for (std::uint32_t code = 1; code < known.size(); ++code) {
        const auto hashes = history.card_hashes(code);
        if (std::find(hashes.begin(), hashes.end(), value) != hashes.end())
            codes.push_back(code);
    }
    return codes;
}

// Rows per task: enough to make the cost of a RowJudge negligible.
constexpr std::size_t k_slice = 4096;

} // namespace

Fields suppression_fields(const std::vector<ActiveSuppression>& suppressions) {
    Fields fields = 0;
    for (const ActiveSuppression& each : suppressions)
        fields |= bit(text_field(each.key));
    return fields;
}

SuppressionIndex::SuppressionIndex(const std::vector<ActiveSuppression>& suppressions,
                                   const Ruleset& ruleset, const History& history) {
    for (const ActiveSuppression& each : suppressions) {
        const Field field = text_field(each.key);
        const auto rule = std::find_if(ruleset.rules.begin(), ruleset.rules.end(),
                                       [&](const Rule& known) { return known.id == each.rule; });
        if (each.rule != "*" && rule == ruleset.rules.end())
            continue; // for a rule that this version does not have
        if (std::find(fields_.begin(), fields_.end(), field) == fields_.end())
            fields_.push_back(field);
        const std::int32_t number =
            each.rule == "*" ? -1 : static_cast<std::int32_t>(rule - ruleset.rules.begin());
        const std::string shown = field == Field::card ? each.value.substr(0, 16) : each.value;
        for (const std::uint32_t code : codes_of(field, each.value, history))
            entries_[key_of(field, code)].push_back(
                {number, each.starts_us, each.expires_us, each.key + "=" + shown});
    }
}

std::string SuppressionIndex::find(std::uint16_t rule, std::uint32_t row,
                                   const History& history) const {
    std::string first; // by content: the order of the table must not matter
    for (const Field field : fields_) {
        const auto found = entries_.find(key_of(field, history.code(field, row)));
        if (found == entries_.end())
            continue;
        const std::int64_t at_us = history.event_us(row);
        for (const Entry& entry : found->second)
            if ((entry.rule == -1 || entry.rule == rule) && entry.starts_us <= at_us &&
                at_us < entry.expires_us && (first.empty() || entry.text < first))
                first = entry.text;
    }
    return first;
}

Judge::State::State(const History& history_, const Ruleset& ruleset_, const Context& context_)
    : history(history_), ruleset(ruleset_), context(context_),
      binding(history_, ruleset_, context_),
      suppressions(context_.suppressions, ruleset_, history_) {
    const FeatureInput input{history, ruleset, context.label_asof_us, context.threads,
                             [this](const Formula& formula) { return mask_of(formula); }};
    features = std::make_unique<FeatureTable>(context.features ? context.features(input)
                                                               : FeatureTable(input));
    binding.features = features.get();
}

RowMask Judge::State::mask_of(const Formula& formula) const {
    RowMask mask;
    if (formula.empty())
        return mask;
    mask.resize(history.size());
    const std::size_t slices = (history.size() + k_slice - 1) / k_slice;
    parallel::for_each_index(context.threads, slices, [&](std::size_t slice) {
        Evaluator evaluator(binding);
        const std::size_t end = std::min(history.size(), (slice + 1) * k_slice);
        for (std::size_t row = slice * k_slice; row < end; ++row)
            mask[row] =
                evaluator.eval(formula, {static_cast<std::uint32_t>(row), 0, nullptr}).is_true()
                    ? 1
                    : 0;
    });
    return mask;
}

Judge::Judge(const History& history, const Ruleset& ruleset, const Context& context)
    : state_(std::make_unique<State>(history, ruleset, context)) {}
Judge::~Judge() = default;

std::size_t Judge::size() const {
    return state_->history.judged().size();
}

std::vector<Judgement> Judge::judge(std::size_t first, std::size_t count,
                                    std::vector<RuleCount>& counts) const {
    HARMONIA_CHECK(first <= size() && count <= size() - first);
    counts.resize(state_->ruleset.rules.size());
    std::vector<Judgement> judgements(count);
    const std::size_t slices = (count + k_slice - 1) / k_slice;
    std::vector<std::vector<RuleCount>> parts(slices);
    parallel::for_each_index(state_->context.threads, slices, [&](std::size_t slice) {
        RowJudge row(*state_);
        parts[slice].resize(counts.size());
        const std::size_t end = std::min(count, (slice + 1) * k_slice);
        for (std::size_t i = slice * k_slice; i < end; ++i) {
            judgements[i] = row.judge(first + i, parts[slice]);
            judgements[i].digest = row.digest();
        }
    });
    for (const auto& part : parts) {
        for (std::size_t rule = 0; rule < part.size(); ++rule) {
            counts[rule].hits += part[rule].hits;
            counts[rule].shadow += part[rule].shadow;
            counts[rule].suppressed += part[rule].suppressed;
            counts[rule].unknown += part[rule].unknown;
        }
    }
    return judgements;
}

} // namespace harmonia::screen
