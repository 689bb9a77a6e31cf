// Evaluates formulas on a row: three-valued, exact, without allocation.
#pragma once

#include "core/expr/expr.hpp"
#include "jobs/screen/features/feature.hpp"
#include "jobs/screen/judge/judge.hpp"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// A value; a boolean is the number 0 or 1. Unknown: a value that it depends on is missing.
struct Cell {
    bool known = false;
    Rational number;
    std::string_view text;
    static Cell of(Int128 integer) { return {true, {integer, 1}, {}}; }
    static Cell of(bool truth) { return {true, {truth ? 1 : 0, 1}, {}}; }
    static Cell of(std::string_view text) { return {!text.empty(), {}, text}; }
    static Cell of(const std::optional<Rational>& number) {
        return number ? Cell{true, *number, {}} : Cell{};
    }
    [[nodiscard]] bool is_true() const { return known && number.num != 0; }
};

/// The members of a list, by text; for codes of a dictionary the answers are computed once.
class Members {
public:
    Members(const List& list, const ListContent* content, const History& history);
    /// `code` of a value of `field`.
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
    std::vector<std::vector<std::uint8_t>> by_code_; ///< by field: 0 no, 1 always, 2 at times
};

/// What the formulas of one rule set need on one History; shared by threads.
class Binding {
public:
    Binding(const History& history, const Ruleset& ruleset, const Context& context);
    const History& history;
    const Ruleset& ruleset;
    std::vector<Members> lists;
    const FeatureTable* features = nullptr; ///< null while features are computed
};

/// One row; `tags`: those set by earlier rules.
struct RowAt {
    std::uint32_t row = 0;
    std::size_t index = 0; ///< among the judged rows
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
        Rational constant, factor;
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

    /// Results of a text test by code of the dictionary: 0 not computed yet, 1 no, 2 yes.
    struct TestResults {
        expr::Program program;
        std::vector<std::uint8_t> by_code;
    };
    const Binding& binding_;
    const History& history_;
    std::unordered_map<const FormulaNode*, TestResults> tests_;
    expr::Arena arena_;
};

/// A value as people read it: money in major units. Reasons hold these texts and are digested, so
/// that a text never changes.
[[nodiscard]] std::string printed(const Cell& cell, Kind kind, const Ruleset& ruleset);

} // namespace harmonia::screen
