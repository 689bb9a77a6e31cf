#include "jobs/screen/grammar_compiler.hpp"

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

Expected<Part> Compiler::call(const expr::Node& node) {
    using Make = Expected<Part> (*)(Compiler&, const expr::Node&);
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

Expected<Compiler::Parts> Compiler::arguments(const expr::Node& node, std::size_t least,
                                              std::size_t most) {
    if (node.children.size() < least || node.children.size() > most)
        return fail(node, "wrong number of arguments of " + node.text);
    Parts parts;
    for (const expr::Node& child : node.children) {
        const auto part = compile(child);
        if (!part)
            return tl::unexpected(part.error());
        parts.push_back(*part);
    }
    return parts;
}

constexpr std::size_t k_many = 10'000; // members of a list written out: k_nodes_max of core/expr

Expected<Part> Compiler::logic(const expr::Node& node, Op op) {
    const auto parts = arguments(node, 1, k_many);
    if (!parts)
        return tl::unexpected(parts.error());
    for (const Part& part : *parts)
        if (part.kind != Kind::boolean)
            return fail(node, std::string("\"") + node.text + "\" joins conditions, not " +
                                  kind_name(part.kind));
    return made(op, Kind::boolean, *parts);
}

Expected<Part> Compiler::comparison(const expr::Node& node, Op op) {
    auto parts = arguments(node, 2, 2);
    if (!parts)
        return tl::unexpected(parts.error());
    bool spread = false;
    for (std::size_t i = 0; i < 2; ++i) {
        if ((*parts)[i].kind != Kind::spread)
            continue;
        if (spread)
            return fail(node, "one standard deviation in a comparison is enough");
        spread = true;
        Part& other = (*parts)[1 - i];
        if (other.literal) {
            if (auto done = as_money(node.children[1 - i], other); !done)
                return tl::unexpected(done.error());
            other.kind = Kind::money;
            other.literal = false;
        }
    }
    if (spread) {
        for (Part& part : *parts)
            if (part.kind != Kind::money && part.kind != Kind::spread)
                return fail(node, k_spread_use);
        const Part part = made(op, Kind::boolean, *parts);
        at(part).spread = true;
        return part;
    }
    if (auto done = agree(node, *parts, "compare"); !done)
        return tl::unexpected(done.error());
    if (op != Op::equal && op != Op::unequal && !has_order(parts->front().kind))
        return fail(node, std::string(kind_name(parts->front().kind)) +
                              " is compared with == and != only");
    return made(op, Kind::boolean, *parts);
}

Expected<Part> Compiler::between(const expr::Node& node) {
    auto parts = arguments(node, 3, 3);
    if (!parts)
        return tl::unexpected(parts.error());
    if (auto done = agree(node, *parts, "compare"); !done)
        return tl::unexpected(done.error());
    if (!has_order(parts->front().kind))
        return fail(node, std::string(kind_name(parts->front().kind)) + " has no order");
    return made(Op::between, Kind::boolean, *parts);
}

Expected<Part> Compiler::in_values(const expr::Node& node) {
    auto parts = arguments(node, 2, k_many);
    if (!parts)
        return tl::unexpected(parts.error());
    if (auto done = agree(node, *parts, "compare"); !done)
        return tl::unexpected(done.error());
    if (parts->front().kind == Kind::spread)
        return fail(node, k_spread_use);
    return made(Op::in_values, Kind::boolean, *parts);
}

Expected<Part> Compiler::in_list(const expr::Node& node) {
    const auto part = compile(node.children[0]);
    if (!part)
        return part;
    const expr::Node& list = node.children[1];
    std::vector<std::string> candidates;
    for (std::size_t i = 0; vocabulary_.lists != nullptr && i < vocabulary_.lists->size(); ++i) {
        const NamedList& known = (*vocabulary_.lists)[i];
        candidates.push_back(known.name);
        if (known.name != list.text)
            continue;
        const bool fits =
            part->kind == Kind::text &&
            (!part->domain            ? known.key == "text"
             : known.key == "country" ? is_country(*part->domain)
             : known.key == "bin"     ? *part->domain == Field::bin6
                                      : known.key == field_name(*part->domain) ||
                                        (known.key == "text" && *part->domain != Field::card));
        if (!fits)
            return fail(node, "list \"" + known.name + "\" holds values of key " + known.key +
                                  ", not of what is asked here");
        return made(Op::in_list, Kind::boolean, {*part}, static_cast<std::uint16_t>(i));
    }
    return fail(list, "unknown list \"" + printable(list.text, 60) + "\"" +
                          suggestion(list.text, candidates));
}

Expected<Part> Compiler::text_test(const expr::Node& node) {
    const auto parts = arguments(node, 2, 2);
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->front().kind != Kind::text)
        return fail(node, node.text + " is for texts, not " + kind_name(parts->front().kind));
    if (parts->front().domain == Field::card)
        return fail(node, "a card has no text; ask bin(n), or a list");
    if (node.children[1].value.type != expr::Type::text)
        return fail(node, "what stands after " + node.text + " must be a text written out");
    // Compiled here once, so that a bad pattern is told where it stands.
    const auto checked =
        expr::Program::compile(expr::call(node.text, {expr::name("x"), node.children[1]}),
                               std::vector<expr::Name>{{"x", expr::Type::text}});
    if (!checked)
        return fail(node, checked.error().detail);
    formula_.tests.push_back({node.text, node.children[1].text});
    return made(Op::text_test, Kind::boolean, {parts->front()},
                static_cast<std::uint16_t>(formula_.tests.size() - 1));
}

Expected<Part> Compiler::folded(const expr::Node& node, Op op, const Parts& parts) {
    const Number& a = at(parts[0]).number;
    const Number& b = at(parts[1]).number;
    const auto number = op == Op::sum          ? screen::add(a, b)
                        : op == Op::difference ? screen::subtract(a, b)
                        : op == Op::product    ? screen::multiply(a, b)
                                               : screen::divide(a, b);
    if (!number)
        return fail(node, "this number is out of range");
    FormulaNode literal;
    literal.kind = Kind::number;
    literal.number = *number;
    Part part = added(std::move(literal));
    part.literal = true;
    return part;
}

Expected<Part> Compiler::sum(const expr::Node& node, Op op) {
    auto parts = arguments(node, 2, 2);
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->at(0).literal && parts->at(1).literal)
        return folded(node, op, *parts);
    Kind a = parts->at(0).kind;
    Kind b = parts->at(1).kind;
    if (a == Kind::time && (b == Kind::duration || (b == Kind::time && op == Op::difference)))
        return made(op, b == Kind::time ? Kind::duration : Kind::time, *parts);
    if (a == Kind::spread || b == Kind::spread) {
        if (a == b || (a != Kind::money && b != Kind::money && !parts->at(0).literal &&
                       !parts->at(1).literal))
            return fail(node, k_spread_use);
        for (std::size_t i = 0; i < 2; ++i)
            if (parts->at(i).literal)
                if (auto done = as_money(node.children[i], parts->at(i)); !done)
                    return tl::unexpected(done.error());
        return made(op, Kind::spread, *parts);
    }
    if (auto done = agree(node, *parts, op == Op::sum ? "add" : "subtract"); !done)
        return tl::unexpected(done.error());
    if (!adds_up(parts->front().kind))
        return fail(node, std::string(kind_name(parts->front().kind)) + " does not add up");
    return made(op, parts->front().kind, *parts);
}

Expected<Part> Compiler::product(const expr::Node& node) {
    const auto parts = arguments(node, 2, 2);
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->at(0).literal && parts->at(1).literal)
        return folded(node, Op::product, *parts);
    const Kind a = parts->at(0).kind;
    const Kind b = parts->at(1).kind;
    const Kind other = a == Kind::number ? b : a;
    if ((a != Kind::number && b != Kind::number) || (!adds_up(other) && other != Kind::spread))
        return fail(node, std::string("cannot multiply ") + kind_name(a) + " and " + kind_name(b));
    return made(Op::product, other, *parts);
}

Expected<Part> Compiler::quotient(const expr::Node& node) {
    const auto parts = arguments(node, 2, 2);
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->at(0).literal && parts->at(1).literal)
        return folded(node, Op::quotient, *parts);
    const Kind a = parts->at(0).kind;
    const Kind b = parts->at(1).kind;
    if (b == Kind::number && (adds_up(a) || a == Kind::spread))
        return made(Op::quotient, a, *parts);
    if (a != b || !adds_up(a))
        return fail(node, std::string("cannot divide ") + kind_name(a) + " by " + kind_name(b));
    return made(Op::quotient, Kind::number, *parts);
}

Expected<Part> Compiler::one(const expr::Node& node, Op op) {
    const auto parts = arguments(node, 1, 1);
    if (!parts)
        return tl::unexpected(parts.error());
    const Kind kind = parts->front().kind;
    if (!adds_up(kind) && !(op == Op::minus && kind == Kind::spread))
        return fail(node, std::string(kind_name(kind)) + " has no sign");
    return made(op, kind, *parts);
}

Expected<Part> Compiler::extreme(const expr::Node& node, Op op) {
    auto parts = arguments(node, 1, k_many);
    if (!parts)
        return tl::unexpected(parts.error());
    if (auto done = agree(node, *parts, "choose between"); !done)
        return tl::unexpected(done.error());
    const Kind kind = parts->front().kind;
    if (kind == Kind::spread)
        return fail(node, k_spread_use);
    if (op != Op::coalesce && !has_order(kind))
        return fail(node, std::string(kind_name(kind)) + " has no order");
    Part part = made(op, kind, *parts);
    const auto same = [&](const Part& other) { return other.domain == parts->front().domain; };
    if (kind == Kind::text && std::all_of(parts->begin(), parts->end(), same))
        part.domain = parts->front().domain;
    return part;
}

Expected<Part> Compiler::is_missing(const expr::Node& node) {
    const auto parts = arguments(node, 1, 1);
    if (!parts)
        return tl::unexpected(parts.error());
    return made(Op::is_missing, Kind::boolean, *parts);
}

Expected<Part> Compiler::kilometres(const expr::Node& node) {
    const auto parts = arguments(node, 4, 4);
    if (!parts)
        return tl::unexpected(parts.error());
    for (const Part& part : *parts)
        if (part.kind != Kind::number)
            return fail(node, "km takes degrees: latitude, longitude, latitude, longitude");
    return made(Op::kilometres, Kind::number, *parts);
}

Expected<Part> Compiler::of_time(const expr::Node& node, Op op, Kind kind) {
    const auto parts = arguments(node, 1, 1);
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->front().kind != Kind::time)
        return fail(node, node.text + " takes a time, not " + kind_name(parts->front().kind));
    return made(op, kind, *parts);
}

Expected<Part> Compiler::bin(const expr::Node& node) {
    if (node.children.size() != 1 || node.children[0].value.type != expr::Type::integer ||
        node.children[0].value.integer < 1 || node.children[0].value.integer > k_bin_max)
        return fail(node, "bin takes a number of digits from 1 to 8");
    Part part =
        made(Op::bin, Kind::text, {}, static_cast<std::uint16_t>(node.children[0].value.integer));
    part.domain = Field::bin6;
    return part;
}

Expected<Part> Compiler::tag(const expr::Node& node) {
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

Expected<Part> Compiler::travel(const expr::Node& node, Op op, Kind kind) {
    if (vocabulary_.features == nullptr || !node.children.empty())
        return fail(node, "\"" + node.text + "\" looks at other rows; it has no place here");
    return made(op, kind, {});
}

} // namespace harmonia::screen
