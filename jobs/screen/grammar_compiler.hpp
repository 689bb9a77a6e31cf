// From trees of the expression language to formulas: names and literals in grammar.cpp, operators
// and functions in grammar_calls.cpp.
#pragma once

#include "core/base/text.hpp"
#include "jobs/screen/grammar.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// What a compiled part is.
struct Part {
    std::uint32_t node = 0;
    Kind kind = Kind::boolean;
    bool literal = false;        ///< a number written out, which may stand for money too
    std::optional<Field> domain; ///< of a text: the field whose values it has
};

class Compiler {
public:
    explicit Compiler(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
    Expected<Part> compile(const expr::Node& node);
    Formula take() { return std::move(formula_); }

private:
    using Parts = std::vector<Part>;
    static tl::unexpected<Problem> fail(const expr::Node& node, const std::string& message);
    FormulaNode& at(const Part& part) { return formula_.nodes[part.node]; }
    Part added(FormulaNode node, const Parts& arguments = {});
    Part made(Op op, Kind kind, const Parts& arguments, std::uint16_t index = 0);

    Expected<Part> literal(const expr::Node& node);
    Expected<Part> named(const expr::Node& node);
    Expected<Part> unknown(const expr::Node& node);
    Expected<Part> call(const expr::Node& node);
    Expected<Parts> arguments(const expr::Node& node, std::size_t least, std::size_t most);
    Expected<void> agree(const expr::Node& node, Parts& parts, const char* what);
    Expected<void> as_money(const expr::Node& node, const Part& part);

    Expected<Part> logic(const expr::Node& node, Op op);
    Expected<Part> comparison(const expr::Node& node, Op op);
    Expected<Part> between(const expr::Node& node);
    Expected<Part> in_values(const expr::Node& node);
    Expected<Part> in_list(const expr::Node& node);
    Expected<Part> text_test(const expr::Node& node);
    Expected<Part> sum(const expr::Node& node, Op op);
    Expected<Part> product(const expr::Node& node);
    Expected<Part> quotient(const expr::Node& node);
    Expected<Part> one(const expr::Node& node, Op op);
    Expected<Part> extreme(const expr::Node& node, Op op);
    Expected<Part> is_missing(const expr::Node& node);
    Expected<Part> kilometres(const expr::Node& node);
    Expected<Part> of_time(const expr::Node& node, Op op, Kind kind);
    Expected<Part> bin(const expr::Node& node);
    Expected<Part> tag(const expr::Node& node);
    Expected<Part> travel(const expr::Node& node, Op op, Kind kind);
    Expected<Part> folded(const expr::Node& node, Op op, const Parts& parts);

    const Vocabulary& vocabulary_;
    Formula formula_;
    int depth_ = 0;
};

/// `, did you mean "x"?`-like ending, or nothing.
[[nodiscard]] std::string suggestion(const std::string& word,
                                     const std::vector<std::string>& candidates);

} // namespace harmonia::screen
