// Operators and functions of the rule language: types of their operands, what they compile to.
#include "jobs/screen/rules/grammar_compiler.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace harmonia::screen {

namespace {

bool adds_up(Kind kind) {
    return kind == Kind::number || kind == Kind::money || kind == Kind::duration;
}
bool has_order(Kind kind) {
    return adds_up(kind) || kind == Kind::time;
}
bool is_country(Field field) {
    return field >= Field::card_country && field <= Field::ship_country;
}

constexpr const char* k_spread_use =
    "a standard deviation can only be compared, as in amount > mean + 3 * spread";

} // namespace

Expected<Operand> Compiler::call(const expr::Node& node) {
    using Make = Expected<Operand> (*)(Compiler&, const expr::Node&);
    static const std::map<std::string_view, Make> k_calls = {
        {"and", [](Compiler& c, const expr::Node& n) { return c.logic(n, Op::both); }},
        {"or", [](Compiler& c, const expr::Node& n) { return c.logic(n, Op::either); }},
        {"not", [](Compiler& c, const expr::Node& n) { return c.logic(n, Op::negation); }},
        {"eq", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::equal); }},
        {"ne", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::unequal); }},
        {"lt", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::less); }},
        {"le", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::less_equal); }},
        {"gt", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::greater); }},
        {"ge", [](Compiler& c, const expr::Node& n) { return c.comparison(n, Op::greater_equal); }},
        {"between", [](Compiler& c, const expr::Node& n) { return c.between(n); }},
        {"in", [](Compiler& c, const expr::Node& n) { return c.in_values(n); }},
        {"in_list", [](Compiler& c, const expr::Node& n) { return c.in_list(n); }},
        {"starts_with", [](Compiler& c, const expr::Node& n) { return c.text_test(n); }},
        {"ends_with", [](Compiler& c, const expr::Node& n) { return c.text_test(n); }},
        {"contains", [](Compiler& c, const expr::Node& n) { return c.text_test(n); }},
        {"matches", [](Compiler& c, const expr::Node& n) { return c.text_test(n); }},
        {"add", [](Compiler& c, const expr::Node& n) { return c.sum(n, Op::sum); }},
        {"subtract", [](Compiler& c, const expr::Node& n) { return c.sum(n, Op::difference); }},
        {"multiply", [](Compiler& c, const expr::Node& n) { return c.product(n); }},
        {"divide", [](Compiler& c, const expr::Node& n) { return c.quotient(n); }},
        {"negate", [](Compiler& c, const expr::Node& n) { return c.one(n, Op::minus); }},
        {"abs", [](Compiler& c, const expr::Node& n) { return c.one(n, Op::absolute); }},
        {"min", [](Compiler& c, const expr::Node& n) { return c.extreme(n, Op::smallest); }},
        {"max", [](Compiler& c, const expr::Node& n) { return c.extreme(n, Op::largest); }},
        {"coalesce", [](Compiler& c, const expr::Node& n) { return c.extreme(n, Op::coalesce); }},
        {"is_missing", [](Compiler& c, const expr::Node& n) { return c.is_missing(n); }},
        {"km", [](Compiler& c, const expr::Node& n) { return c.kilometres(n); }},
        {"speed_kmh",
         [](Compiler& c, const expr::Node& n) { return c.travel(n, Op::speed, Kind::number); }},
        {"hour",
         [](Compiler& c, const expr::Node& n) { return c.of_time(n, Op::hour, Kind::number); }},
        {"weekday",
         [](Compiler& c, const expr::Node& n) { return c.of_time(n, Op::weekday, Kind::number); }},
        {"age",
         [](Compiler& c, const expr::Node& n) { return c.of_time(n, Op::age, Kind::duration); }},
        {"bin", [](Compiler& c, const expr::Node& n) { return c.bin(n); }},
        {"tag", [](Compiler& c, const expr::Node& n) { return c.tag(n); }},
    };
    const auto found = k_calls.find(node.text);
    if (found != k_calls.end())
        return found->second(*this, node);
    std::vector<std::string> candidates;
    for (const auto& [name, make] : k_calls)
        candidates.emplace_back(name);
    return fail(node, "unknown function \"" + printable(node.text, 60) + "\"" +
                          suggestion(node.text, candidates));
}

Expected<Compiler::Operands> Compiler::arguments(const expr::Node& node, std::size_t min,
                                                 std::size_t max) {
    if (node.children.size() < min || node.children.size() > max)
        return fail(node, "wrong number of arguments for " + node.text);
    Operands operands;
    for (const expr::Node& child : node.children) {
        const auto operand = compile(child);
        if (!operand)
            return tl::unexpected(operand.error());
        operands.push_back(*operand);
    }
    return operands;
}

constexpr std::size_t k_many = 10'000; // as k_nodes_max of core/expr: no list is longer

Expected<Operand> Compiler::logic(const expr::Node& node, Op op) {
    const auto operands = arguments(node, 1, k_many);
    if (!operands)
        return tl::unexpected(operands.error());
    for (const Operand& operand : *operands)
        if (operand.kind != Kind::boolean)
            return fail(node, std::string("\"") + node.text + "\" joins conditions, not " +
                                  kind_name(operand.kind));
    return made(op, Kind::boolean, *operands);
}

Expected<Operand> Compiler::comparison(const expr::Node& node, Op op) {
    auto operands = arguments(node, 2, 2);
    if (!operands)
        return tl::unexpected(operands.error());
    bool spread = false;
    for (std::size_t i = 0; i < 2; ++i) {
        if ((*operands)[i].kind != Kind::spread)
            continue;
        if (spread)
            return fail(node, "a comparison can hold only one standard deviation");
        spread = true;
        Operand& other = (*operands)[1 - i];
        if (other.literal) {
            if (auto done = as_money(node.children[1 - i], other); !done)
                return tl::unexpected(done.error());
            other.kind = Kind::money;
            other.literal = false;
        }
    }
    if (spread) {
        for (Operand& operand : *operands)
            if (operand.kind != Kind::money && operand.kind != Kind::spread)
                return fail(node, k_spread_use);
        const Operand operand = made(op, Kind::boolean, *operands);
        at(operand).spread = true;
        return operand;
    }
    if (auto done = agree(node, *operands, "compare"); !done)
        return tl::unexpected(done.error());
    if (op != Op::equal && op != Op::unequal && !has_order(operands->front().kind))
        return fail(node, std::string(kind_name(operands->front().kind)) +
                              " can only be compared with == and !=");
    return made(op, Kind::boolean, *operands);
}

Expected<Operand> Compiler::between(const expr::Node& node) {
    auto operands = arguments(node, 3, 3);
    if (!operands)
        return tl::unexpected(operands.error());
    if (auto done = agree(node, *operands, "compare"); !done)
        return tl::unexpected(done.error());
    if (!has_order(operands->front().kind))
        return fail(node, std::string(kind_name(operands->front().kind)) + " has no order");
    return made(Op::between, Kind::boolean, *operands);
}

Expected<Operand> Compiler::in_values(const expr::Node& node) {
    auto operands = arguments(node, 2, k_many);
    if (!operands)
        return tl::unexpected(operands.error());
    if (auto done = agree(node, *operands, "compare"); !done)
        return tl::unexpected(done.error());
    if (operands->front().kind == Kind::spread)
        return fail(node, k_spread_use);
    return made(Op::in_values, Kind::boolean, *operands);
}

Expected<Operand> Compiler::in_list(const expr::Node& node) {
    const auto operand = compile(node.children[0]);
    if (!operand)
        return operand;
    const expr::Node& list = node.children[1];
    std::vector<std::string> candidates;
    for (std::size_t i = 0; vocabulary_.lists != nullptr && i < vocabulary_.lists->size(); ++i) {
        const NamedList& known = (*vocabulary_.lists)[i];
        candidates.push_back(known.name);
        if (known.name != list.text)
            continue;
        const bool fits =
            operand->kind == Kind::text &&
            (!operand->domain         ? known.key == "text"
             : known.key == "country" ? is_country(*operand->domain)
             : known.key == "bin"     ? *operand->domain == Field::bin6
                                      : known.key == field_name(*operand->domain) ||
                                        (known.key == "text" && *operand->domain != Field::card));
        if (!fits)
            return fail(node, "list \"" + known.name + "\" has key " + known.key +
                                  ", which does not match this value");
        return made(Op::in_list, Kind::boolean, {*operand}, static_cast<std::uint16_t>(i));
    }
    return fail(list, "unknown list \"" + printable(list.text, 60) + "\"" +
                          suggestion(list.text, candidates));
}

Expected<Operand> Compiler::text_test(const expr::Node& node) {
    const auto operands = arguments(node, 2, 2);
    if (!operands)
        return tl::unexpected(operands.error());
    if (operands->front().kind != Kind::text)
        return fail(node, node.text + " takes text, not " + kind_name(operands->front().kind));
    if (operands->front().domain == Field::card)
        return fail(node, "a card cannot be compared as text; use bin(n) or a list");
    if (node.children[1].value.type != expr::Type::text)
        return fail(node, "the second argument of " + node.text + " must be a string literal");
    // Compiled once here, so that the error for a bad pattern has its position.
    const auto checked =
        expr::Program::compile(expr::call(node.text, {expr::name("x"), node.children[1]}),
                               std::vector<expr::Name>{{"x", expr::Type::text}});
    if (!checked)
        return fail(node, checked.error().detail);
    formula_.tests.push_back({node.text, node.children[1].text});
    return made(Op::text_test, Kind::boolean, {operands->front()},
                static_cast<std::uint16_t>(formula_.tests.size() - 1));
}

Expected<Operand> Compiler::folded(const expr::Node& node, Op op, const Operands& operands) {
    const Rational& a = at(operands[0]).number;
    const Rational& b = at(operands[1]).number;
    const auto number = op == Op::sum          ? screen::add(a, b)
                        : op == Op::difference ? screen::subtract(a, b)
                        : op == Op::product    ? screen::multiply(a, b)
                                               : screen::divide(a, b);
    if (!number)
        return fail(node, "this number is out of range");
    FormulaNode literal;
    literal.kind = Kind::number;
    literal.number = *number;
    Operand operand = added(std::move(literal));
    operand.literal = true;
    return operand;
}

Expected<Operand> Compiler::sum(const expr::Node& node, Op op) {
    auto operands = arguments(node, 2, 2);
    if (!operands)
        return tl::unexpected(operands.error());
    if (operands->at(0).literal && operands->at(1).literal)
        return folded(node, op, *operands);
    Kind a = operands->at(0).kind;
    Kind b = operands->at(1).kind;
    if (a == Kind::time && (b == Kind::duration || (b == Kind::time && op == Op::difference)))
        return made(op, b == Kind::time ? Kind::duration : Kind::time, *operands);
    if (a == Kind::spread || b == Kind::spread) {
        if (a == b || (a != Kind::money && b != Kind::money && !operands->at(0).literal &&
                       !operands->at(1).literal))
            return fail(node, k_spread_use);
        for (std::size_t i = 0; i < 2; ++i)
            if (operands->at(i).literal)
                if (auto done = as_money(node.children[i], operands->at(i)); !done)
                    return tl::unexpected(done.error());
        return made(op, Kind::spread, *operands);
    }
    if (auto done = agree(node, *operands, op == Op::sum ? "add" : "subtract"); !done)
        return tl::unexpected(done.error());
    if (!adds_up(operands->front().kind))
        return fail(node, std::string(kind_name(operands->front().kind)) + " cannot be added");
    return made(op, operands->front().kind, *operands);
}

Expected<Operand> Compiler::product(const expr::Node& node) {
    const auto operands = arguments(node, 2, 2);
    if (!operands)
        return tl::unexpected(operands.error());
    if (operands->at(0).literal && operands->at(1).literal)
        return folded(node, Op::product, *operands);
    const Kind a = operands->at(0).kind;
    const Kind b = operands->at(1).kind;
    const Kind other = a == Kind::number ? b : a;
    if ((a != Kind::number && b != Kind::number) || (!adds_up(other) && other != Kind::spread))
        return fail(node, std::string("cannot multiply ") + kind_name(a) + " and " + kind_name(b));
    return made(Op::product, other, *operands);
}

Expected<Operand> Compiler::quotient(const expr::Node& node) {
    const auto operands = arguments(node, 2, 2);
    if (!operands)
        return tl::unexpected(operands.error());
    if (operands->at(0).literal && operands->at(1).literal)
        return folded(node, Op::quotient, *operands);
    const Kind a = operands->at(0).kind;
    const Kind b = operands->at(1).kind;
    if (b == Kind::number && (adds_up(a) || a == Kind::spread))
        return made(Op::quotient, a, *operands);
    if (a != b || !adds_up(a))
        return fail(node, std::string("cannot divide ") + kind_name(a) + " by " + kind_name(b));
    return made(Op::quotient, Kind::number, *operands);
}

Expected<Operand> Compiler::one(const expr::Node& node, Op op) {
    const auto operands = arguments(node, 1, 1);
    if (!operands)
        return tl::unexpected(operands.error());
    const Kind kind = operands->front().kind;
    if (!adds_up(kind) && !(op == Op::minus && kind == Kind::spread))
        return fail(node, std::string(kind_name(kind)) + " has no sign");
    return made(op, kind, *operands);
}

Expected<Operand> Compiler::extreme(const expr::Node& node, Op op) {
    auto operands = arguments(node, 1, k_many);
    if (!operands)
        return tl::unexpected(operands.error());
    if (auto done = agree(node, *operands, "choose between"); !done)
        return tl::unexpected(done.error());
    const Kind kind = operands->front().kind;
    if (kind == Kind::spread)
        return fail(node, k_spread_use);
    if (op != Op::coalesce && !has_order(kind))
        return fail(node, std::string(kind_name(kind)) + " has no order");
    Operand operand = made(op, kind, *operands);
    const auto same = [&](const Operand& other) {
        return other.domain == operands->front().domain;
    };
    if (kind == Kind::text && std::all_of(operands->begin(), operands->end(), same))
        operand.domain = operands->front().domain;
    return operand;
}

Expected<Operand> Compiler::is_missing(const expr::Node& node) {
    const auto operands = arguments(node, 1, 1);
    if (!operands)
        return tl::unexpected(operands.error());
    return made(Op::is_missing, Kind::boolean, *operands);
}

Expected<Operand> Compiler::kilometres(const expr::Node& node) {
    const auto operands = arguments(node, 4, 4);
    if (!operands)
        return tl::unexpected(operands.error());
    for (const Operand& operand : *operands)
        if (operand.kind != Kind::number)
            return fail(node, "km takes degrees: latitude, longitude, latitude, longitude");
    return made(Op::kilometres, Kind::number, *operands);
}

Expected<Operand> Compiler::of_time(const expr::Node& node, Op op, Kind kind) {
    const auto operands = arguments(node, 1, 1);
    if (!operands)
        return tl::unexpected(operands.error());
    if (operands->front().kind != Kind::time)
        return fail(node, node.text + " takes a time, not " + kind_name(operands->front().kind));
    return made(op, kind, *operands);
}

Expected<Operand> Compiler::bin(const expr::Node& node) {
    if (node.children.size() != 1 || node.children[0].value.type != expr::Type::integer ||
        node.children[0].value.integer < 1 || node.children[0].value.integer > k_bin_max)
        return fail(node, "bin takes a number of digits from 1 to 8");
    Operand operand =
        made(Op::bin, Kind::text, {}, static_cast<std::uint16_t>(node.children[0].value.integer));
    operand.domain = Field::bin6;
    return operand;
}

Expected<Operand> Compiler::tag(const expr::Node& node) {
    if (vocabulary_.tags == nullptr || node.children.size() != 1 ||
        (node.children[0].kind == expr::Node::Kind::call))
        return fail(node, "tag takes the name of a tag, in the condition of a rule");
    const std::string& name = node.children[0].text;
    const auto& tags = *vocabulary_.tags;
    const auto found = std::find(tags.begin(), tags.end(), name);
    if (found == tags.end())
        return fail(node, "no rule above sets the tag \"" + printable(name, 60) + "\"" +
                              suggestion(name, tags));
    return made(Op::tag, Kind::boolean, {}, static_cast<std::uint16_t>(found - tags.begin()));
}

Expected<Operand> Compiler::travel(const expr::Node& node, Op op, Kind kind) {
    if (vocabulary_.features == nullptr || !node.children.empty())
        return fail(node, "\"" + node.text + "\" looks at other rows and is not allowed here");
    return made(op, kind, {});
}

} // namespace harmonia::screen
