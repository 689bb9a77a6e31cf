// Formulas evaluated over a row: three-valued, exact, nothing allocated.
#pragma once

#include "core/expr/expr.hpp"
#include "jobs/screen/feature.hpp"
#include "jobs/screen/judge.hpp"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// A value; of a truth the number is 0 or 1. Unknown: something that it needs is missing.
struct Cell {
    bool known = false;
    Number number;
    std::string_view text;
    static Cell of(Int128 integer) { return {true, {integer, 1}, {}}; }
    static Cell of(bool truth) { return {true, {truth ? 1 : 0, 1}, {}}; }
    static Cell of(std::string_view text) { return {!text.empty(), {}, text}; }
    static Cell of(const std::optional<Number>& number) {
        return number ? Cell{true, *number, {}} : Cell{};
    }
    [[nodiscard]] bool is_true() const { return known && number.num != 0; }
};

/// What a list holds, asked by text; for a dictionary's codes the answers are worked out once.
class Members {
public:
    Members(const List& list, const ListContent* content, const History& history);
    /// `field`: whose values the text is one of.
    [[nodiscard]] bool contains(Field field, std::uint32_t code, std::int64_t at_us) const;
    [[nodiscard]] bool contains(std::string_view text, std::int64_t at_us) const;

private:
    struct Period {
        std::int64_t starts_us, expires_us;
    };
    using Periods = std::vector<Period>;
    static bool holds(const Periods& periods, std::int64_t at_us);
    [[nodiscard]] const Periods* find(std::string_view text) const;

    const History& history_;
    bool cards_;
    std::unordered_map<std::string, Periods> values_;
    std::vector<std::vector<std::uint8_t>> by_code_; ///< by dictionary: 0 no, 1 yes, 2 at times
};

/// What formulas of one rule set need over one History; shared by threads.
class Binding {
public:
    Binding(const History& history, const Ruleset& ruleset, const Context& context);
    const History& history;
    const Ruleset& ruleset;
    std::vector<Members> lists;
    const FeatureTable* features = nullptr; ///< null while features are worked out
};

/// One row; `tags` are those that rules above have set.
struct RowAt {
    std::uint32_t row = 0;
    std::size_t index = 0; ///< among the judged
    const std::vector<std::uint8_t>* tags = nullptr;
};

/// One thread at a time.
class Evaluator {
public:
    explicit Evaluator(const Binding& binding) : binding_(binding), history_(binding.history) {}
    [[nodiscard]] Cell eval(const Formula& formula, const RowAt& at) {
        return eval(formula, static_cast<std::uint32_t>(formula.nodes.size() - 1), at);
    }
    [[nodiscard]] Cell eval(const Formula& formula, std::uint32_t node, const RowAt& at);

private:
    /// a + k·σ
    struct Linear {
        Number rest, factor;
        const Spread* spread;
    };
    Cell field(Field field, const RowAt& at) const;
    Cell feature(std::uint16_t index, const RowAt& at) const;
    Cell travel(Op op, const RowAt& at) const;
    Cell clock(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell kilometres(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell logic(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell comparison(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell spread(const Formula& formula, const FormulaNode& node, const RowAt& at);
    std::optional<Linear> linear(const Formula& formula, std::uint32_t node, const RowAt& at,
                                 Spread& spread);
    Cell between(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell in_values(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell in_list(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell text_test(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell arithmetic(const Formula& formula, const FormulaNode& node, const RowAt& at);
    Cell extreme(const Formula& formula, const FormulaNode& node, const RowAt& at);

    /// Answers of a text test, by code of the dictionary: 0 not asked yet, 1 no, 2 yes.
    struct TestAnswers {
        expr::Program program;
        std::vector<std::uint8_t> by_code;
    };
    const Binding& binding_;
    const History& history_;
    std::unordered_map<const FormulaNode*, TestAnswers> tests_;
    expr::Arena arena_;
};

/// A value for people and for the record: money in major units, a card masked.
[[nodiscard]] std::string printed(const Cell& cell, Kind kind, const Ruleset& ruleset);

} // namespace harmonia::screen
