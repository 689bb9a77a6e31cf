// Formulas of a rule set: syntax trees of core/expr, checked and typed for rules. A formula is one
// array of nodes: children before parents, the root last.
#pragma once

#include "core/expr/expr.hpp"
#include "jobs/screen/facts/field.hpp"
#include "jobs/screen/facts/rational.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::screen {

/// number: whole or decimal; money: minor units of the base currency; spread: a standard deviation
/// of money, in comparisons only.
enum class Kind : std::uint8_t { boolean, number, money, text, time, duration, spread };
[[nodiscard]] const char* kind_name(Kind kind);

enum class Op : std::uint8_t {
    literal, ///< number: number, money (in minor units), time, duration (both µs), boolean (0, 1)
    text,    ///< a literal
    field,   ///< index = Field
    feature, ///< index = number of the feature
    bin,     ///< index = digits
    tag,     ///< index = number of the tag
    speed,
    distance, ///< `km`: from the position that speed is measured from
    gap,      ///< `gap`: the time since the card was there
    hour,
    weekday,
    age,
    kilometres, ///< km(lat, lon, lat, lon)
    in_list,    ///< index = number of the list
    in_values,
    text_test, ///< starts_with, ends_with, contains, matches: index = number of the test
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    between,
    both,
    either,
    negation,
    sum,
    difference,
    product,
    quotient,
    minus,
    absolute,
    smallest,
    largest,
    is_missing,
    coalesce,
};

struct FormulaNode {
    Op op = Op::literal;
    Kind kind = Kind::boolean;
    bool spread = false; ///< a comparison that involves a standard deviation
    std::uint16_t index = 0;
    std::uint32_t first = 0, count = 0; ///< arguments, in Formula::arguments
    Rational number;
    std::string text;
};

/// A text predicate that is evaluated once for each distinct text.
struct TextTest {
    std::string function, pattern;
};

struct Formula {
    std::vector<FormulaNode> nodes;
    std::vector<std::uint32_t> arguments; ///< indices of nodes
    std::vector<TextTest> tests;
    std::string source; ///< as written
    [[nodiscard]] bool empty() const { return nodes.empty(); }
    [[nodiscard]] const FormulaNode& root() const { return nodes.back(); }
    [[nodiscard]] std::uint32_t argument(const FormulaNode& node, std::size_t i) const {
        return arguments[node.first + i];
    }
};

/// A feature that a formula may use. `of`: the field whose values a text feature has.
struct NamedFeature {
    std::string name;
    Kind kind;
    Field of;
};
struct NamedList {
    std::string name, key;
};
struct Vocabulary {
    /// Null (in `where` and `applies_to`): features, speed and distance are not allowed.
    const std::vector<NamedFeature>* features = nullptr;
    const std::vector<NamedList>* lists = nullptr;
    const std::vector<std::string>* tags = nullptr; ///< set by earlier rules
    int exponent = 2;                               ///< decimals of the base currency
};

/// Checks names, types and arguments. The Problem's `detail` is `line:column: message`.
[[nodiscard]] Expected<Formula> compile(const expr::Node& node, const Vocabulary& vocabulary);
[[nodiscard]] Expected<Formula> compile(const std::string& text, const Vocabulary& vocabulary);

/// The kind of a field's values.
[[nodiscard]] Kind kind_of(Field field);

} // namespace harmonia::screen
