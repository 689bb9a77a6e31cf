// Evaluates expressions in tests: names and values in, printed result out.
#pragma once

#include "core/expr/expr.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::expr::test {

using Row = std::vector<std::pair<std::string, Value>>;

/// The printed result; `null`; or `code: detail` of a mistake or an error value.
inline std::string evaluate(const Node& node, const Row& row) {
    std::vector<Name> names;
    std::vector<Value> values;
    for (const auto& [name, value] : row) {
        names.push_back({name, Type::null});
        values.push_back(value);
    }
    const auto program = Program::compile(node, names);
    if (!program)
        return program.error().code + ": " + program.error().detail;
    Arena arena;
    const Value value = program->eval(values, arena);
    if (value.is_error())
        return std::string(value.text) + ": " + std::string(value.detail);
    return value.is_null() ? "null" : std::string(print(value, arena));
}

inline std::string evaluate(std::string_view text, const Row& row = {}) {
    const auto node = parse(text);
    return node ? evaluate(*node, row) : node.error().code + ": " + node.error().detail;
}

} // namespace harmonia::expr::test
