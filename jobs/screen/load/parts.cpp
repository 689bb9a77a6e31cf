#include "jobs/screen/load/parts.hpp"

#include "core/base/check.hpp"
#include "core/base/stop.hpp"
#include "jobs/screen/judge/judge_state.hpp"

#include <map>
#include <set>

namespace harmonia::screen {
namespace {

/// One rule set's features, gathered key by key.
class GatheredFeatures {
public:
    GatheredFeatures(const Ruleset& ruleset, History& judged)
        : ruleset_(ruleset), judged_(judged), columns_(ruleset.features.size()) {}

    void begin(Field key) {
        of_key_ = ruleset_;
        of_key_.features.clear();
        of_key_.rules.clear();
        of_key_.applies_to = {};
        numbers_.clear();
        values_.clear();
        for (std::size_t number = 0; number < ruleset_.features.size(); ++number) {
            const Feature& feature = ruleset_.features[number];
            if (feature.by.front() != key)
                continue;
            of_key_.features.push_back(feature);
            numbers_.push_back(number);
            values_.push_back(no_values(feature, judged_.judged().size()));
        }
        of_key_.travels = ruleset_.travels && key == Field::card;
        if (of_key_.travels)
            travel_.emplace(judged_.judged().size());
    }

    [[nodiscard]] const Ruleset& of_key() const { return of_key_; }

    void add(const History& part, const Context& context) {
        if (numbers_.empty() && !of_key_.travels)
            return;
        const Judge::State state(part, of_key_, context);
        std::size_t to = 0; // both are in the same order
        for (std::size_t from = 0; from < part.judged().size(); ++from, ++to) {
            while (judged_.payment_id(judged_.judged()[to]) != part.payment_id(part.judged()[from]))
                ++to;
            for (std::size_t i = 0; i < numbers_.size(); ++i)
                add_value(part, state.features->column(i), from, i, to);
            if (of_key_.travels) {
                travel_->metres[to] = state.features->travel().metres[from];
                travel_->gap_us[to] = state.features->travel().gap_us[from];
            }
        }
    }

    void end() {
        for (std::size_t i = 0; i < numbers_.size(); ++i)
            columns_[numbers_[i]].emplace(std::move(values_[i]));
    }

    [[nodiscard]] FeatureTable table() {
        std::vector<FeatureColumn> columns;
        for (auto& column : columns_)
            columns.push_back(std::move(column.value()));
        return {std::move(columns), travel_ ? TravelColumn(*travel_) : TravelColumn()};
    }

private:
    void add_value(const History& part, const FeatureColumn& column, std::size_t from,
                   std::size_t number, std::size_t to) {
        if (column.n[from] == FeatureColumn::k_missing)
            return;
        FeatureValues& values = values_[number];
        values.n[to] = static_cast<std::uint32_t>(column.n[from]);
        if (!column.value.empty()) {
            const Feature& feature = of_key_.features[number];
            values.value[to] = is_text(feature)
                                   ? judged_.adopt(feature.of, part,
                                                   static_cast<std::uint32_t>(column.value[from]))
                                   : column.value[from];
        }
        if (!column.sum.empty())
            values.sum[to] = column.sum[from];
        if (!column.squares.empty())
            values.squares[to] = column.squares[from];
    }

    const Ruleset& ruleset_;
    History& judged_;
    std::vector<std::optional<FeatureColumn>> columns_;
    Ruleset of_key_; ///< with only the features of the key, and without rules
    std::vector<std::size_t> numbers_;
    std::vector<FeatureValues> values_;
    std::optional<TravelValues> travel_;
};

std::set<Field> keys_of_features(const std::vector<const Ruleset*>& rulesets) {
    std::set<Field> keys;
    for (const Ruleset* ruleset : rulesets) {
        for (const Feature& feature : ruleset->features)
            keys.insert(feature.by.front());
        if (ruleset->travels)
            keys.insert(Field::card);
    }
    return keys;
}

} // namespace

FeatureSource features_in_parts(History& judged, const std::vector<const Ruleset*>& rulesets,
                                const Context& context, unsigned parts, const PartReader& read) {
    std::vector<GatheredFeatures> gathered;
    for (const Ruleset* ruleset : rulesets)
        gathered.emplace_back(*ruleset, judged);
    for (const Field key : keys_of_features(rulesets)) {
        std::vector<const Ruleset*> of_key;
        for (GatheredFeatures& each : gathered) {
            each.begin(key);
            of_key.push_back(&each.of_key());
        }
        for (unsigned number = 0; number < parts; ++number) {
            throw_if_stopped();
            const auto part = read({key, parts, number}, of_key);
            for (GatheredFeatures& each : gathered)
                each.add(*part, context);
        }
        for (GatheredFeatures& each : gathered)
            each.end();
    }
    const auto tables = std::make_shared<std::map<const Ruleset*, FeatureTable>>();
    for (std::size_t i = 0; i < rulesets.size(); ++i)
        tables->emplace(rulesets[i], gathered[i].table());
    return [tables](const FeatureInput& input) {
        auto table = tables->extract(&input.ruleset);
        HARMONIA_CHECK(!table.empty());
        return std::move(table.mapped());
    };
}

} // namespace harmonia::screen
