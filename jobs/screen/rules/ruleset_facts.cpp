// What a rule set reads: fields, keys, how far back.
#include "jobs/screen/rules/ruleset.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

Fields read_by(const Formula& formula) {
    Fields fields = 0;
    for (const FormulaNode& node : formula.nodes) {
        if (node.op == Op::field)
            fields |= bit(static_cast<Field>(node.index));
        if (node.op == Op::bin)
            fields |= bit(Field::bin6) | bit(Field::card);
    }
    return fields;
}

} // namespace

Fields Ruleset::fields() const {
    Fields fields =
        read_by(applies_to) | bit(Field::source) | bit(Field::feed_type) | bit(Field::currency);
    for (const Feature& feature : features) {
        fields |= bit(feature.of) | read_by(feature.where) | read_by(feature.share_of);
        for (const Field field : feature.by)
            fields |= bit(field);
    }
    for (const Rule& rule : rules) {
        fields |= read_by(rule.when);
        for (const Formula& value : rule.reason.values)
            fields |= read_by(value);
    }
    if (travels)
        fields |= bit(Field::card) | bit(Field::channel) | bit(Field::lat) | bit(Field::lon) |
                  bit(Field::merchant_lat) | bit(Field::merchant_lon);
    if ((fields & bit(Field::bin6)) != 0)
        fields |= bit(Field::card);
    return fields;
}

std::int64_t Ruleset::lookback_us() const {
    std::int64_t longest = travels ? k_travel_us : 0;
    for (const Feature& feature : features)
        longest = std::max(longest, feature.over_us + feature.lag_us);
    return longest;
}

std::vector<KeyReach> Ruleset::keys() const {
    std::vector<KeyReach> keys;
    const auto add = [&](std::vector<Field> by, std::int64_t reach_us) {
        std::sort(by.begin(), by.end());
        for (KeyReach& key : keys) {
            if (key.by == by) {
                key.reach_us = std::max(key.reach_us, reach_us);
                return;
            }
        }
        keys.push_back({std::move(by), reach_us});
    };
    for (const Feature& feature : features)
        add({feature.by.begin(),
             feature.by.begin() + static_cast<std::ptrdiff_t>(feature.by_written)},
            feature.over_us + feature.lag_us);
    if (travels)
        add({Field::card}, k_travel_us);
    return keys;
}

bool Ruleset::reads_labels() const {
    return std::any_of(
        features.begin(), features.end(),
        [](const Feature& f) { return f.aggregate == Aggregate::labels; });
}
bool Ruleset::reads_verdicts() const {
    return std::any_of(
        features.begin(), features.end(),
        [](const Feature& f) { return f.aggregate == Aggregate::verdicts; });
}

std::vector<std::string> Ruleset::managed_lists() const {
    std::vector<std::string> names;
    for (const List& list : lists)
        if (list.managed)
            names.push_back(list.name);
    return names;
}

} // namespace harmonia::screen
