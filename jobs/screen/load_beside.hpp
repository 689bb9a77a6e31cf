// What is read beside the rows of a history: their cards, rates of exchange, labels, and what rules
// ask of (lists and suppressions), as the pins say.
#pragma once

#include "jobs/screen/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// The cards of the rows that were appended, and those that are taken as one with them.
void add_cards(const Place& place, History& history);
/// Into `base`.
void add_rates(const Place& place, const Pins& pins, const std::string& base, History& history);
/// `dataset_lag_us`: of LabelReading.
void add_labels(const Place& place, const Pins& pins, std::optional<std::int64_t> dataset_lag_us,
                History& history);
[[nodiscard]] Context read_context(const Place& place, const Pins& pins,
                                   const std::string& ruleset_name,
                                   const std::vector<const Ruleset*>& rulesets);

} // namespace harmonia::screen
