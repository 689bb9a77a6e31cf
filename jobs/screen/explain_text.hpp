// Verdicts in words: formulas with their values filled in, reasons, and the layout that
// `screen explain` prints.
#pragma once

#include "jobs/screen/evaluate.hpp"
#include "jobs/screen/judge.hpp"

#include <string>
#include <vector>

namespace harmonia::screen {

/// What a node's value is shown as; a card masked.
[[nodiscard]] std::string shown(Evaluator& evaluator, const Binding& binding,
                                const Formula& formula, std::uint32_t node, const RowAt& at);
/// The formula with each name replaced by its value: `84.00 > 3 × 61.20`.
[[nodiscard]] std::string filled(Evaluator& evaluator, const Binding& binding,
                                 const Formula& formula, const RowAt& at);
/// `ip_country is missing`, `a, b are missing`.
[[nodiscard]] std::string what_is_missing(Evaluator& evaluator, const Binding& binding,
                                          const Formula& formula, const RowAt& at);
/// A rule's reason with its values.
[[nodiscard]] std::string filled(Evaluator& evaluator, const Binding& binding, const Reason& reason,
                                 const RowAt& at);
/// A name that a formula reads, as the key of a JSON object.
struct Input {
    std::uint32_t node = 0;
    std::string key; ///< `"name":`
};
/// Each once, in the order of the text.
[[nodiscard]] std::vector<Input> inputs_of(const Formula& formula, const Ruleset& ruleset);
/// {"name":"value",…}; null when missing.
[[nodiscard]] std::string inputs_json(Evaluator& evaluator, const Binding& binding,
                                      const Formula& formula, const std::vector<Input>& inputs,
                                      const RowAt& at);

/// The lines of an explanation from its features on (who asks prints the row and the run above):
/// features, rules, arithmetic, outcome. Ends with a line end.
[[nodiscard]] std::string print_explanation(const Explanation& explanation, const Ruleset& ruleset);
/// The same as one JSON object.
[[nodiscard]] std::string explanation_json(const Explanation& explanation, const Ruleset& ruleset);

} // namespace harmonia::screen
