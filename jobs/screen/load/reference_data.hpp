// What is read in addition to the rows of a history: their cards, exchange rates, labels, and the
// lists and suppressions that rules ask for, as the pins say.
#pragma once

#include "jobs/screen/load/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// The cards of the rows that were appended, and those that count as the same card.
void add_cards(const ReadContext& context, History& history);
/// Rates into the currency `base`.
void add_rates(const ReadContext& context, const Pins& pins, const std::string& base,
               History& history);
/// `dataset_lag_us`: of LabelReading.
void add_labels(const ReadContext& context, const Pins& pins,
                std::optional<std::int64_t> dataset_lag_us, History& history);
/// Lists and suppressions.
[[nodiscard]] Context load_context(const ReadContext& context, const Pins& pins,
                                   const std::string& ruleset_name,
                                   const std::vector<const Ruleset*>& rulesets);

} // namespace harmonia::screen
