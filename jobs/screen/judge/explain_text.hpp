// Verdicts in words: formulas with their values filled in, reasons, and what `screen explain`
// prints.
#pragma once

#include "jobs/screen/judge/evaluate.hpp"
#include "jobs/screen/judge/judge.hpp"

#include <string>
#include <vector>

namespace harmonia::screen {

/// A node's value as people read it; a card is masked.
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
/// A name that a formula reads, as a key of a JSON object.
struct Input {
    std::uint32_t node = 0;
    std::string key; ///< `"name":`
};
/// Each once, in the order of the formula.
[[nodiscard]] std::vector<Input> inputs_of(const Formula& formula, const Ruleset& ruleset);
/// {"name":"value",…}; null: missing.
[[nodiscard]] std::string inputs_json(Evaluator& evaluator, const Binding& binding,
                                      const Formula& formula, const std::vector<Input>& inputs,
                                      const RowAt& at);

/// Features, rules, arithmetic and outcome, one per line; the caller prints the row and the run
/// above. Ends with a newline.
[[nodiscard]] std::string print_explanation(const Explanation& explanation, const Ruleset& ruleset);
/// The same as one JSON object.
[[nodiscard]] std::string explanation_json(const Explanation& explanation, const Ruleset& ruleset);

} // namespace harmonia::screen
