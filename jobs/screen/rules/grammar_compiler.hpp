// Compiles trees of the expression language to formulas: names and literals in grammar.cpp,
// operators and functions in grammar_calls.cpp.
#pragma once

#include "core/base/text.hpp"
#include "jobs/screen/rules/grammar.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// A compiled operand: its node and what is known about its type.
struct Operand {
    std::uint32_t node = 0;
    Kind kind = Kind::boolean;
    bool literal = false;        ///< a number literal, which also stands for money
    std::optional<Field> domain; ///< of a text: the field whose values it has
};

class Compiler {
public:
    explicit Compiler(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
    Expected<Operand> compile(const expr::Node& node);
    Formula take() { return std::move(formula_); }

private:
    using Operands = std::vector<Operand>;
    static tl::unexpected<Problem> fail(const expr::Node& node, const std::string& message);
    FormulaNode& at(const Operand& operand) { return formula_.nodes[operand.node]; }
    Operand added(FormulaNode node, const Operands& arguments = {});
    Operand made(Op op, Kind kind, const Operands& arguments, std::uint16_t index = 0);

    Expected<Operand> literal(const expr::Node& node);
    Expected<Operand> named(const expr::Node& node);
    Expected<Operand> unknown(const expr::Node& node);
    Expected<Operand> call(const expr::Node& node);
    Expected<Operands> arguments(const expr::Node& node, std::size_t min, std::size_t max);
    Expected<void> agree(const expr::Node& node, Operands& operands, const char* what);
    Expected<void> as_money(const expr::Node& node, const Operand& operand);

    Expected<Operand> logic(const expr::Node& node, Op op);
    Expected<Operand> comparison(const expr::Node& node, Op op);
    Expected<Operand> between(const expr::Node& node);
    Expected<Operand> in_values(const expr::Node& node);
    Expected<Operand> in_list(const expr::Node& node);
    Expected<Operand> text_test(const expr::Node& node);
    Expected<Operand> sum(const expr::Node& node, Op op);
    Expected<Operand> product(const expr::Node& node);
    Expected<Operand> quotient(const expr::Node& node);
    Expected<Operand> one(const expr::Node& node, Op op);
    Expected<Operand> extreme(const expr::Node& node, Op op);
    Expected<Operand> is_missing(const expr::Node& node);
    Expected<Operand> kilometres(const expr::Node& node);
    Expected<Operand> of_time(const expr::Node& node, Op op, Kind kind);
    Expected<Operand> bin(const expr::Node& node);
    Expected<Operand> tag(const expr::Node& node);
    Expected<Operand> travel(const expr::Node& node, Op op, Kind kind);
    Expected<Operand> folded(const expr::Node& node, Op op, const Operands& operands);

    const Vocabulary& vocabulary_;
    Formula formula_;
    int depth_ = 0;
};

/// `; did you mean "x"?` when a candidate is near, otherwise empty.
[[nodiscard]] std::string suggestion(const std::string& word,
                                     const std::vector<std::string>& candidates);

} // namespace harmonia::screen
