#include "importers/map/map_shorthand.hpp"

#include "core/base/text.hpp"
#include "core/expr/function.hpp"
#include "core/money/currency.hpp"
#include "core/time/zone.hpp"
#include "importers/map/map_form.hpp"

#include <algorithm>

namespace harmonia::importers {

using config::Value;
using expr::call;
using expr::literal_integer;
using expr::literal_text;
using expr::Node;

namespace {

template <typename... Nodes>
Node call_of(const char* function, Nodes... nodes) {
    std::vector<Node> arguments;
    (arguments.push_back(std::move(nodes)), ...);
    return call(function, std::move(arguments));
}

bool is_literal_part(const std::string& text) {
    return std::none_of(
        text.begin(), text.end(),
        [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
        });
}

const Value& checked_zone(const Value& zone) {
    if (time::Zone::find(zone.as_text()) == nullptr)
        zone.fail("unknown zone '" + printable(zone.as_text(), 60) + "'",
                  "Use a name of the zone database, such as Europe/London, UTC or MST.");
    return zone;
}

} // namespace

MapShorthand::MapShorthand(std::map<std::string, std::string> aliases, const Value* zone)
    : aliases_(std::move(aliases)), zone_(zone) {}

Node MapShorthand::field(const std::string& name) {
    Node node = expr::name(name);
    resolve(node);
    return node;
}

// Names become paths, and are remembered.
void MapShorthand::resolve(Node& node) {
    if (node.kind == Node::Kind::name && !node.text.starts_with('@')) {
        if (const auto alias = aliases_.find(node.text); alias != aliases_.end())
            node.text = alias->second;
        if (std::find(used_.begin(), used_.end(), node.text) == used_.end())
            used_.push_back(node.text);
    }
    for (Node& child : node.children)
        resolve(child);
}

Node MapShorthand::expression(const Value& text) {
    auto node = expr::parse(text.as_text());
    if (!node)
        text.fail("in the expression: " + node.error().detail);
    resolve(*node);
    return std::move(*node);
}

Node MapShorthand::build_id(const Value& value) {
    in_id_ = true;
    Node node = build(value);
    in_id_ = false;
    return node;
}

Node MapShorthand::build(const Value& value) {
    if (value.kind() == Value::Kind::null)
        return Node{};
    if (value.kind() == Value::Kind::scalar) {
        const auto number = value.quoted() ? std::nullopt : parse_int(value.scalar());
        return number ? literal_integer(*number) : field(value.scalar());
    }
    if (value.kind() == Value::Kind::list)
        value.fail("must be a field or a construct, got a list",
                   "A construct is a map, such as {join: \"-\", of: [a, b]}.");
    Form form(value);
    const auto when = form.take("when");
    const auto if_blank = form.take("if_blank");
    const bool joins = form.is("join"); // a join is blank when one of its parts is
    Node node = construct(form);
    if (if_blank) {
        Node otherwise = build(*if_blank);
        node = joins ? call_of("if", form.any_blank(), std::move(otherwise), std::move(node))
                     : call_of("first_nonblank", std::move(node), std::move(otherwise));
    }
    form.finish();
    if (!when)
        return node;
    return call_of("if", call_of("not", call_of("is_blank", build(*when))), std::move(node));
}

std::vector<Node> MapShorthand::list(const Value& value) {
    std::vector<Node> nodes;
    if (value.kind() != Value::Kind::list) {
        nodes.push_back(build(value));
        return nodes;
    }
    for (const Value& item : value.list())
        nodes.push_back(build(item));
    return nodes;
}

Node MapShorthand::construct(Form& form) {
    if (form.is("const"))
        return literal_text(form.main().as_text());
    if (form.is("expr"))
        return expression(form.main());
    if (form.is("join"))
        return join(form);
    if (form.is("datetime"))
        return datetime(form, "datetime");
    if (form.is("iso"))
        return datetime(form, "iso_offset");
    if (form.is("day")) {
        const Value& day = form.main();
        const bool mapped = day.kind() == Value::Kind::scalar && day.scalar() == "transaction_date";
        return call_of("day_text", mapped ? expr::name(k_name_date) : build(day),
                       zone(form.option("zone")));
    }
    if (form.is("minor_units"))
        return minor_units(form);
    if (form.is("sum"))
        return call("add", list(form.main()));
    if (form.is("negative"))
        return call_of("negate", call_of("abs", build(form.main())));
    if (form.is("case"))
        return cases(form);
    if (form.is("network"))
        return network(form);
    if (form.is("left") || form.is("right"))
        return call_of(form.name().c_str(), build(form.required("of")),
                       literal_integer(form.main().as_integer()));
    if (form.is("strip_prefix"))
        return call_of("strip_prefix", build(form.required("of")),
                       literal_text(form.main().as_text()));
    if (form.is("split_at"))
        return call_of("split_at", build(form.required("of")), literal_text(form.main().as_text()),
                       literal_integer(form.integer("part", 1)));
    if (form.is("regex"))
        return call_of("regex_group", build(form.required("of")),
                       literal_text(form.main().as_text()),
                       literal_integer(form.integer("group", 1)));
    if (form.is("slice")) {
        const auto& places = form.main().list();
        if (places.size() != 2)
            form.main().fail("must be [start, length]");
        return call_of("slice", build(form.required("of")), literal_integer(places[0].as_integer()),
                       literal_integer(places[1].as_integer()));
    }
    if (form.is("content_hash")) {
        if (!form.main().as_boolean())
            form.main().fail("content_hash must be true");
        content_hash_ = content_hash_ || in_id_;
        return in_id_ ? Node{} : call_of("sha256", expr::name(k_name_raw));
    }
    return plain(form);
}

// Any function of the language, with one argument or a list of them.
Node MapShorthand::plain(Form& form) {
    const expr::Function* function = expr::find_function(form.name());
    if (function == nullptr)
        form.fail_unknown();
    return call(form.name(), list(form.main()));
}

Node MapShorthand::join(Form& form) {
    std::vector<Node> parts = list(form.required("of"));
    form.remember_any_blank(call("any_blank", parts));
    parts.insert(parts.begin(), literal_text(form.main().as_text()));
    return call("join", std::move(parts));
}

// The text may be joined from parts; a part without a letter or digit stands for itself.
Node MapShorthand::datetime(Form& form, const char* function) {
    std::vector<Node> parts;
    if (form.main().kind() == Value::Kind::list) {
        for (const Value& part : form.main().list()) {
            const bool literal =
                part.kind() == Value::Kind::scalar && is_literal_part(part.scalar());
            parts.push_back(literal ? literal_text(part.scalar()) : build(part));
        }
    } else {
        parts.push_back(build(form.main()));
    }
    std::vector<Node> arguments;
    arguments.push_back(parts.size() == 1 ? std::move(parts.front())
                                          : call("concat", std::move(parts)));
    arguments.push_back(zone(form.option("zone")));
    if (const Value* format = form.option("format"))
        for (const std::string& text : format->as_text_list())
            arguments.push_back(literal_text(text));
    return call(function, std::move(arguments));
}

Node MapShorthand::minor_units(Form& form) {
    Node unit = expr::name(k_name_currency);
    const Value* currency = form.option("currency");
    const Value* scale = form.option("scale");
    if (currency != nullptr && scale != nullptr)
        scale->fail("minor_units must have only one of scale and currency");
    if (scale != nullptr)
        unit = literal_integer(scale->as_integer());
    if (currency != nullptr) {
        const bool code = currency->kind() == Value::Kind::scalar &&
                          money::exponent_of(currency->scalar()).has_value();
        unit = code ? literal_text(currency->scalar()) : build(*currency);
    }
    const std::string round = form.text("round", "exact");
    if (round != "exact" && round != "truncate")
        form.option("round")->fail("round must be exact or truncate, got '" + printable(round, 60) +
                                   "'");
    return call_of("minor_units", build(form.main()), std::move(unit), literal_text(round));
}

// {case: X, any_case: {result: [text, …], …}, otherwise: Y}
Node MapShorthand::cases(Form& form) {
    static constexpr std::pair<const char*, const char*> kinds[] = {
        {"exact", "case"},
        {"any_case", "case_any"},
        {"contains", "case_contains"},
        {"starts", "case_first"},
    };
    const char* function = nullptr;
    const Value* table = nullptr;
    for (const auto& [key, name] : kinds) {
        const Value* found = form.option(key);
        if (found != nullptr && table != nullptr)
            found->fail("a case must have only one of exact, any_case, contains, starts");
        function = found != nullptr ? name : function;
        table = found != nullptr ? found : table;
    }
    if (table == nullptr)
        form.fail("a case must have one of exact, any_case, contains, starts");
    std::vector<Node> arguments;
    arguments.push_back(build(form.main()));
    for (const auto& [result, texts] : table->map()) {
        for (const std::string& text : texts.as_text_list()) {
            arguments.push_back(literal_text(text));
            arguments.push_back(literal_text(result));
        }
    }
    if (const Value* otherwise = form.option("otherwise"))
        arguments.push_back(build(*otherwise));
    return call(function, std::move(arguments));
}

// The card network by the first digit of six, else by words of the card type, in this order.
Node MapShorthand::network(Form& form) {
    static constexpr std::pair<const char*, const char*> digits[] = {
        {"2", "mastercard"}, {"5", "mastercard"}, {"3", "amex"}, {"4", "visa"}};
    static constexpr std::pair<const char*, const char*> words[] = {{"visa", "visa"},
                                                                    {"vs", "visa"},
                                                                    {"mastercard", "mastercard"},
                                                                    {"mcard", "mastercard"},
                                                                    {"mc", "mastercard"},
                                                                    {"master card", "mastercard"},
                                                                    {"master", "mastercard"},
                                                                    {"maestro", "mastercard"},
                                                                    {"american express", "amex"},
                                                                    {"amex", "amex"},
                                                                    {"americanexpress", "amex"},
                                                                    {"am ex", "amex"}};
    config::Reader reader(form.main());
    const Node six = build(reader.required("first_six"));
    std::vector<Node> by_digit{six};
    for (const auto& [digit, network] : digits) {
        by_digit.push_back(literal_text(digit));
        by_digit.push_back(literal_text(network));
    }
    std::vector<Node> by_word{build(reader.required("card_type"))};
    for (const auto& [word, network] : words) {
        by_word.push_back(literal_text(word));
        by_word.push_back(literal_text(network));
    }
    reader.finish();
    Node is_six = call_of("eq", call_of("length", six), literal_integer(6));
    return call_of("coalesce",
                   call_of("if", std::move(is_six), call("case_first", std::move(by_digit))),
                   call("case_contains", std::move(by_word)));
}

Node MapShorthand::zone(const Value* value) {
    value = value == nullptr ? zone_ : value;
    if (value == nullptr)
        return literal_text("UTC");
    if (value->kind() == Value::Kind::scalar)
        return literal_text(checked_zone(*value).as_text());
    config::Reader reader(*value);
    std::vector<Node> arguments{expr::name(k_name_merchant)};
    for (const auto& [merchant, zone] : reader.required("by_merchant").map()) {
        arguments.push_back(literal_text(merchant));
        arguments.push_back(literal_text(checked_zone(zone).as_text()));
    }
    arguments.push_back(literal_text(checked_zone(reader.required("otherwise")).as_text()));
    reader.finish();
    zone_by_merchant_ = true;
    return call("case", std::move(arguments));
}

Node MapShorthand::json_object(const Value& map) {
    std::vector<Node> arguments;
    for (const auto& [key, value] : map.map()) {
        arguments.push_back(literal_text(key));
        arguments.push_back(build(value));
    }
    return call("json_object", std::move(arguments));
}

} // namespace harmonia::importers
