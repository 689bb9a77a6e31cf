#include "core/expr/node.hpp"
#include "jobs/screen/rules/grammar_compiler.hpp"

#include <algorithm>
#include <array>

namespace harmonia::screen {

namespace {

Int128 power_of_ten(int exponent) {
    Int128 power = 1;
    for (int i = 0; i < exponent; ++i)
        power *= 10;
    return power;
}

} // namespace

const char* kind_name(Kind kind) {
    constexpr std::array<const char*, 7> names = {
        "a condition", "a number", "money", "text", "a time", "a duration", "a standard deviation"};
    return names[static_cast<std::size_t>(kind)];
}

Kind kind_of(Field field) {
    if (field < Field::amount)
        return Kind::text;
    return field == Field::amount       ? Kind::money
           : field == Field::event_time ? Kind::time
                                        : Kind::number;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
    const auto meant = nearest(word, candidates);
    return meant ? "; did you mean \"" + *meant + "\"?" : "";
}

tl::unexpected<Problem> Compiler::fail(const expr::Node& node, const std::string& message) {
    return bad("bad_expression", {}, expr::placed(node.line, node.column, message));
}

Operand Compiler::added(FormulaNode node, const Operands& arguments) {
    node.first = static_cast<std::uint32_t>(formula_.arguments.size());
    node.count = static_cast<std::uint32_t>(arguments.size());
    for (const Operand& operand : arguments)
        formula_.arguments.push_back(operand.node);
    const Kind kind = node.kind;
    formula_.nodes.push_back(std::move(node));
    return {static_cast<std::uint32_t>(formula_.nodes.size() - 1), kind, false, {}};
}

Operand Compiler::made(Op op, Kind kind, const Operands& arguments, std::uint16_t index) {
    FormulaNode node;
    node.op = op;
    node.kind = kind;
    node.index = index;
    return added(std::move(node), arguments);
}

Expected<Operand> Compiler::compile(const expr::Node& node) {
    if (++depth_ > expr::k_depth_max)
        return fail(node, "nested more than 64 levels deep");
    auto operand = node.kind == expr::Node::Kind::literal ? literal(node)
                   : node.kind == expr::Node::Kind::name  ? named(node)
                                                          : call(node);
    --depth_;
    return operand;
}

Expected<Operand> Compiler::literal(const expr::Node& node) {
    FormulaNode made;
    made.number.num = node.value.integer;
    switch (node.value.type) {
    case expr::Type::boolean:
        made.kind = Kind::boolean;
        break;
    case expr::Type::integer:
        made.kind = Kind::number;
        break;
    case expr::Type::decimal:
        made.kind = Kind::number;
        made.number.den = power_of_ten(node.value.scale);
        break;
    case expr::Type::duration:
        made.kind = Kind::duration;
        break;
    case expr::Type::text:
        made.op = Op::text;
        made.kind = Kind::text;
        made.text = node.text;
        break;
    default:
        return fail(node, "null is not allowed in rules; use is_missing(x)");
    }
    const bool number = made.kind == Kind::number;
    Operand operand = added(std::move(made));
    operand.literal = number;
    return operand;
}

Expected<Operand> Compiler::named(const expr::Node& node) {
    if (vocabulary_.features != nullptr) {
        const auto& features = *vocabulary_.features;
        for (std::size_t i = 0; i < features.size(); ++i) {
            if (features[i].name != node.text)
                continue;
            Operand operand =
                made(Op::feature, features[i].kind, {}, static_cast<std::uint16_t>(i));
            if (operand.kind == Kind::text)
                operand.domain = features[i].of;
            return operand;
        }
        if (node.text == "km")
            return travel(node, Op::distance, Kind::number);
        if (node.text == "gap")
            return travel(node, Op::gap, Kind::duration);
    }
    const auto field = field_named(node.text);
    if (!field)
        return unknown(node);
    Operand operand = made(Op::field, kind_of(*field), {}, static_cast<std::uint16_t>(*field));
    if (operand.kind == Kind::text)
        operand.domain = *field;
    return operand;
}

Expected<Operand> Compiler::unknown(const expr::Node& node) {
    if (node.text.starts_with("cur."))
        return fail(node, "\"" + printable(node.text, 60) +
                              "\" is only allowed in a feature's where, as \"x == cur.x\" joined "
                              "by and");
    std::vector<std::string> candidates;
    for (std::size_t i = 0; i < k_fields; ++i)
        candidates.emplace_back(field_name(static_cast<Field>(i)));
    if (vocabulary_.features != nullptr) {
        for (const NamedFeature& feature : *vocabulary_.features)
            candidates.push_back(feature.name);
        candidates.insert(candidates.end(), {"km", "gap"});
    }
    return fail(node, "unknown name \"" + printable(node.text, 60) + "\"" +
                          suggestion(node.text, candidates));
}

// A number next to money is money: 250.00, in minor units.
Expected<void> Compiler::as_money(const expr::Node& node, const Operand& operand) {
    FormulaNode& literal = at(operand);
    const auto minor =
        multiply(literal.number, Rational{power_of_ten(vocabulary_.exponent), Int128{1}});
    if (!minor || minor->num % minor->den != 0)
        return fail(node, "more than " + std::to_string(vocabulary_.exponent) +
                              " decimals in an amount of the base currency");
    literal.number = {minor->num / minor->den, 1};
    literal.kind = Kind::money;
    return {};
}

// All operands must be of one kind; number literals become money where the others are.
Expected<void> Compiler::agree(const expr::Node& node, Operands& operands, const char* what) {
    const auto first = std::find_if(operands.begin(), operands.end(),
                                    [](const Operand& operand) { return !operand.literal; });
    const Kind kind = first == operands.end() ? operands.front().kind : first->kind;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        Operand& operand = operands[i];
        if (operand.literal && kind == Kind::money) {
            if (auto done = as_money(node.children[i], operand); !done)
                return done;
            operand.kind = Kind::money;
            operand.literal = false;
        }
        if (operand.kind != kind)
            return fail(node, std::string("cannot ") + what + " " + kind_name(kind) + " and " +
                                  kind_name(operand.kind));
    }
    return {};
}

Expected<Formula> compile(const expr::Node& node, const Vocabulary& vocabulary) {
    Compiler compiler(vocabulary);
    if (const auto operand = compiler.compile(node); !operand)
        return tl::unexpected(operand.error());
    return compiler.take();
}

Expected<Formula> compile(const std::string& text, const Vocabulary& vocabulary) {
    const auto node = expr::parse(text);
    if (!node)
        return tl::unexpected(node.error());
    auto formula = compile(*node, vocabulary);
    if (formula)
        formula->source = text;
    return formula;
}

} // namespace harmonia::screen
