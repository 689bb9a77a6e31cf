#include "jobs/screen/judge/explain_text.hpp"

#include "core/expr/json.hpp"
#include "core/json/writer.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

bool is_leaf(Op op) {
    return op == Op::field || op == Op::feature || op == Op::bin || op == Op::tag ||
           op == Op::speed || op == Op::distance || op == Op::gap;
}

std::string name_of(const FormulaNode& node, const Ruleset& ruleset) {
    switch (node.op) {
    case Op::field:
        return field_name(static_cast<Field>(node.index));
    case Op::feature:
        return ruleset.features[node.index].name;
    case Op::bin:
        return "bin(" + std::to_string(node.index) + ")";
    case Op::tag:
        return "tag(" + ruleset.tags[node.index] + ")";
    case Op::speed:
        return "speed_kmh()";
    case Op::distance:
        return "km";
    default:
        return "gap";
    }
}

// Higher binds tighter.
int precedence(Op op) {
    switch (op) {
    case Op::either:
        return 1;
    case Op::both:
        return 2;
    case Op::negation:
        return 3;
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::between:
    case Op::in_list:
    case Op::in_values:
    case Op::text_test:
        return 4;
    case Op::sum:
    case Op::difference:
        return 5;
    case Op::product:
    case Op::quotient:
        return 6;
    default:
        return 7;
    }
}

const char* symbol(Op op) {
    switch (op) {
    case Op::either:
        return " or ";
    case Op::both:
        return " and ";
    case Op::equal:
        return " == ";
    case Op::unequal:
        return " != ";
    case Op::less:
        return " < ";
    case Op::less_equal:
        return " <= ";
    case Op::greater:
        return " > ";
    case Op::greater_equal:
        return " >= ";
    case Op::sum:
        return " + ";
    case Op::difference:
        return " - ";
    case Op::product:
        return " × ";
    case Op::quotient:
        return " / ";
    default:
        return ", ";
    }
}

const char* function_name(Op op) {
    switch (op) {
    case Op::hour:
        return "hour";
    case Op::weekday:
        return "weekday";
    case Op::age:
        return "age";
    case Op::kilometres:
        return "km";
    case Op::absolute:
        return "abs";
    case Op::smallest:
        return "min";
    case Op::largest:
        return "max";
    case Op::is_missing:
        return "is_missing";
    default:
        return "coalesce";
    }
}

class Filler {
public:
    Filler(Evaluator& evaluator, const Binding& binding, const Formula& formula, const RowAt& at)
        : evaluator_(evaluator), binding_(binding), formula_(formula), at_(at) {}

    std::string text(std::uint32_t number, int outer) {
        const FormulaNode& node = formula_.nodes[number];
        const int own = precedence(node.op);
        std::string text = inner(number, node, own);
        return own < outer ? "(" + text + ")" : text;
    }

private:
    std::string argument(const FormulaNode& node, std::size_t i, int outer) {
        return text(formula_.argument(node, i), outer);
    }
    std::string joined(const FormulaNode& node, std::size_t from, const char* between, int outer) {
        std::string text;
        for (std::size_t i = from; i < node.count; ++i)
            text += (i == from ? "" : between) + argument(node, i, outer);
        return text;
    }
    std::string inner(std::uint32_t number, const FormulaNode& node, int own) {
        switch (node.op) {
        case Op::text:
            return "\"" + node.text + "\"";
        case Op::feature:
            if (node.kind == Kind::spread)
                return "σ " + binding_.ruleset.features[node.index].name;
            [[fallthrough]];
        case Op::literal:
        case Op::field:
        case Op::bin:
        case Op::tag:
        case Op::speed:
        case Op::distance:
        case Op::gap:
            return shown(evaluator_, binding_, formula_, number, at_);
        case Op::negation:
            return "not " + argument(node, 0, own);
        case Op::minus:
            return "-" + argument(node, 0, own);
        case Op::between:
            return argument(node, 0, own + 1) + " between " + argument(node, 1, own + 1) + " and " +
                   argument(node, 2, own + 1);
        case Op::in_list:
            return argument(node, 0, own + 1) + " in " + binding_.ruleset.lists[node.index].name;
        case Op::in_values:
            return argument(node, 0, own + 1) + " in [" + joined(node, 1, ", ", 0) + "]";
        case Op::text_test: {
            const TextTest& test = formula_.tests[node.index];
            return argument(node, 0, own + 1) + " " + test.function + " \"" + test.pattern + "\"";
        }
        default:
            if (own < 7)
                return joined(node, 0, symbol(node.op), own + 1);
            return std::string(function_name(node.op)) + "(" + joined(node, 0, ", ", 0) + ")";
        }
    }

    Evaluator& evaluator_;
    const Binding& binding_;
    const Formula& formula_;
    const RowAt& at_;
};

std::string spread_text(const FeatureTable& features, std::uint16_t feature, std::size_t index) {
    const FeatureColumn& column = features.column(feature);
    const std::int64_t n = column.n[index];
    return n == FeatureColumn::k_missing
               ? "missing"
               : "n=" + std::to_string(n) + " Σ=" + print(column.sum[index]) +
                     " Σ²=" + print(column.squares[index]);
}

} // namespace

std::string shown(Evaluator& evaluator, const Binding& binding, const Formula& formula,
                  std::uint32_t number, const RowAt& at) {
    const FormulaNode& node = formula.nodes[number];
    if (node.op == Op::feature && node.kind == Kind::spread)
        return spread_text(*binding.features, node.index, at.index);
    const Cell cell = evaluator.eval(formula, number, at);
    const bool card = (node.op == Op::field && static_cast<Field>(node.index) == Field::card) ||
                      (node.op == Op::feature && node.kind == Kind::text &&
                       binding.ruleset.features[node.index].of == Field::card);
    if (card && cell.known)
        return node.op == Op::field ? binding.history.masked_card(at.row) : "a card";
    return printed(cell, node.kind, binding.ruleset);
}

std::string filled(Evaluator& evaluator, const Binding& binding, const Formula& formula,
                   const RowAt& at) {
    return Filler(evaluator, binding, formula, at)
        .text(static_cast<std::uint32_t>(formula.nodes.size() - 1), 0);
}

std::string filled(Evaluator& evaluator, const Binding& binding, const Reason& reason,
                   const RowAt& at) {
    std::string text = reason.texts.front();
    for (std::size_t i = 0; i < reason.values.size(); ++i) {
        const Formula& value = reason.values[i];
        text += shown(evaluator, binding, value, static_cast<std::uint32_t>(value.nodes.size() - 1),
                      at);
        text += reason.texts[i + 1];
    }
    return text;
}

std::string what_is_missing(Evaluator& evaluator, const Binding& binding, const Formula& formula,
                            const RowAt& at) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < formula.nodes.size(); ++i) {
        const FormulaNode& node = formula.nodes[i];
        if (!is_leaf(node.op) || shown(evaluator, binding, formula, i, at) != "missing")
            continue;
        const std::string name = name_of(node, binding.ruleset);
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
    if (names.empty())
        return "no result";
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text + (names.size() == 1 ? " is missing" : " are missing");
}

std::vector<Input> inputs_of(const Formula& formula, const Ruleset& ruleset) {
    std::vector<Input> inputs;
    for (std::uint32_t i = 0; i < formula.nodes.size(); ++i) {
        if (!is_leaf(formula.nodes[i].op))
            continue;
        std::string key;
        json::append_string(key, name_of(formula.nodes[i], ruleset));
        key += ':';
        if (std::none_of(inputs.begin(), inputs.end(),
                         [&](const Input& known) { return known.key == key; }))
            inputs.push_back({i, std::move(key)});
    }
    return inputs;
}

std::string inputs_json(Evaluator& evaluator, const Binding& binding, const Formula& formula,
                        const std::vector<Input>& inputs, const RowAt& at) {
    std::string json = "{";
    for (const Input& input : inputs) {
        json += json.size() == 1 ? "" : ",";
        json += input.key;
        const std::string value = shown(evaluator, binding, formula, input.node, at);
        if (value == "missing")
            json += "null";
        else
            json::append_string(json, value);
    }
    return json + "}";
}

} // namespace harmonia::screen
