#include "importers/map/transaction_map.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <set>

namespace harmonia::importers {

using config::Value;
using expr::Node;

namespace {

constexpr std::string_view k_sections[] = {"constants", "copy", "identifiers", "mids"};

bool is_section(std::string_view key) {
    return std::find(std::begin(k_sections), std::end(k_sections), key) != std::end(k_sections);
}

std::string path_of(const std::string& list, const Value& key) {
    std::string path = list + "[Key=\"";
    for (const char c : key.as_text())
        path += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return path + "\"].Value";
}

std::map<std::string, std::string> aliases_of(const Declaration& declaration) {
    std::map<std::string, std::string> aliases;
    for (const auto& [list, ignored] : declaration.entries({"kv"}))
        for (const auto& [alias, key] : declaration.entries({"kv", list}))
            aliases.emplace(alias, path_of(list, key));
    return aliases;
}

void names_in(const Node& node, std::set<std::string>& names) {
    if (node.kind == Node::Kind::name)
        names.insert(node.text);
    for (const Node& child : node.children)
        names_in(child, names);
}

// Any value can be printed as a text.
expr::Type wanted(const OutputKind& kind) {
    return kind.holds == OutputKind::Holds::integer   ? expr::Type::integer
           : kind.holds == OutputKind::Holds::instant ? expr::Type::instant
                                                      : expr::Type::null;
}

std::string with_article(expr::Type type) {
    const std::string name = expr::type_name(type);
    return (name[0] == 'i' || name[0] == 'e' ? "an " : "a ") + name;
}

Output output_named(const std::string& name, const Value& where) {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < k_outputs; ++i) {
        if (name == k_output_kinds[i].name)
            return static_cast<Output>(i);
        known.emplace_back(k_output_kinds[i].name);
    }
    known.insert(known.end(), std::begin(k_sections), std::end(k_sections));
    const auto near = nearest(name, known);
    where.fail("a transaction has no field '" + printable(name, 60) + "'",
               near ? "Did you mean '" + *near + "'?" : "");
}

} // namespace

TransactionMap::TransactionMap(const Declaration& declaration, FeedType type)
    : zone_(declaration.find("zone")),
      shorthand_(aliases_of(declaration), zone_ ? &*zone_ : nullptr),
      payment_(type != FeedType::merchant) {
    for (const auto& [list, ignored] : declaration.entries({"kv"}))
        for (const auto& [alias, key] : declaration.entries({"kv", list}))
            shown_.emplace_back(path_of(list, key), key.as_text());
    negative_ = declaration.choice("sign", {"as_is", "negative"}, "as_is") == "negative";
    require_all_ = declaration.choice("require", {"needed", "all"}, "needed") == "all";
    const std::string unknown =
        declaration.choice("unknown_network", {"reject", "skip", "warn"}, "reject");
    unknown_network_ = unknown == "reject" ? UnknownNetwork::reject
                       : unknown == "skip" ? UnknownNetwork::skip_silently
                                           : UnknownNetwork::skip_warned;
    if (const auto ignored = declaration.find("ignored_identifiers"))
        ignored_identifiers_ = ignored->as_text_list();
    read_map(declaration);
    read_filters(declaration);
    check_complete(declaration, type);
}

void TransactionMap::add_node(Output output, const Value& where, Node node) {
    std::optional<Entry>& entry = entries_[static_cast<std::size_t>(output)];
    if (entry)
        where.fail(std::string("'") + kind_of(output).name + "' is mapped twice");
    entry = Entry{where, std::move(node), {}, {}, false};
}

void TransactionMap::add(const std::string& name, const Value& value) {
    const Output output = output_named(name, value);
    switch (output) {
    case Output::transaction_id:
        return add_node(output, value, shorthand_.build_id(value));
    case Output::extra_fields:
        return add_node(output, value,
                        value.kind() == Value::Kind::map
                            ? shorthand_.json_object(value)
                            : expr::call("json_raw", {shorthand_.build(value)}));
    case Output::primary:
    case Output::secondary:
    case Output::psimi:
        value.fail("must be written under 'identifiers'");
    case Output::location:
        value.fail("must be written under 'mids', as {location: FIELD}");
    default:
        return add_node(output, value, shorthand_.build(value));
    }
}

// Each name may be mapped once, in `map` itself or in one of its sections.
void TransactionMap::read_map(const Declaration& declaration) {
    const Entries entries = declaration.entries({"map"});
    for (const auto& [name, value] : entries)
        if (!is_section(name))
            add(name, value);
    for (const auto& [name, value] : declaration.entries({"map", "constants"})) {
        if (name == "has_time") {
            has_time_ = value.as_boolean();
            continue;
        }
        const Output output = output_named(name, value);
        const bool integer = kind_of(output).holds == OutputKind::Holds::integer;
        add_node(output, value,
                 integer ? expr::literal_integer(value.as_integer())
                         : expr::literal_text(value.as_text()));
    }
    for (const auto& [name, value] : declaration.entries({"map", "copy"})) {
        const Output output = output_named(name, value);
        Node field = shorthand_.field(value.as_text());
        if (output == Output::spend_amount || output == Output::transaction_date ||
            kind_of(output).holds == OutputKind::Holds::json)
            value.fail(
                std::string("'") + name + "' cannot be copied unchanged",
                "Write it under map: with minor_units or integer, datetime, or extra_fields.");
        if (kind_of(output).holds == OutputKind::Holds::integer)
            field = expr::call("integer", {std::move(field)});
        add_node(output, value, std::move(field));
    }
    add_identifiers(declaration.entries({"map", "identifiers"}));
    for (const auto& [name, value] : entries)
        if (name == "mids")
            add_mids(value);
}

void TransactionMap::add_identifiers(const Entries& identifiers) {
    for (const auto& [name, value] : identifiers) {
        const Output output = output_named(name, value);
        if (output != Output::primary && output != Output::secondary && output != Output::psimi)
            value.fail("an identifier must be PRIMARY, SECONDARY or PSIMI, got '" +
                       printable(name, 60) + "'");
        add_node(output, value, shorthand_.build(value));
    }
}

// [field, …], or {location: field, otherwise: [field, …]}.
void TransactionMap::add_mids(const Value& value) {
    const Value* texts = &value;
    if (value.kind() == Value::Kind::map) {
        config::Reader reader(value);
        add_node(Output::location, value, shorthand_.build(reader.required("location")));
        static_cast<void>(reader.has("otherwise"));
        reader.finish();
        texts = value.find("otherwise");
    }
    if (texts == nullptr || texts->kind() == Value::Kind::null)
        return;
    if (texts->kind() != Value::Kind::list) {
        mids_.push_back(Entry{*texts, shorthand_.build(*texts), {}, {}, false});
        return;
    }
    for (const Value& text : texts->list())
        mids_.push_back(Entry{text, shorthand_.build(text), {}, {}, false});
}

void TransactionMap::read_filters(const Declaration& declaration) {
    const auto filters = declaration.find("filters");
    if (!filters)
        return;
    for (const Value& item : filters->list()) {
        config::Reader reader(item);
        const auto keep = reader.optional("keep");
        const auto skip = reader.optional("skip");
        if (keep.has_value() == skip.has_value())
            item.fail("a filter must have exactly one of 'keep' and 'skip'");
        const Value& condition = keep ? *keep : *skip;
        static_cast<void>(reader.required("reason").as_text());
        Filter filter;
        filter.keeps = keep.has_value();
        filter.verdict = reader.choice("level", {"silent", "warn"}, "silent") == "warn"
                             ? Verdict::skip_warned
                             : Verdict::skip_silently;
        reader.finish();
        filter.entry =
            Entry{condition,
                  condition.kind() == Value::Kind::scalar ? shorthand_.expression(condition)
                                                          : shorthand_.build(condition),
                  {},
                  {},
                  false};
        std::set<std::string> names;
        names_in(filter.entry.node, names);
        filter.late = names.contains(k_name_currency) || names.contains(k_name_date) ||
                      names.contains(k_name_amount);
        filters_.push_back(std::move(filter));
    }
}

void TransactionMap::check_complete(const Declaration& declaration, FeedType type) const {
    const auto demand = [&](Output output) {
        if (!entry(output))
            declaration.own().fail(std::string("the map must make '") + kind_of(output).name + "'");
    };
    demand(Output::transaction_id);
    demand(Output::transaction_date);
    demand(Output::spend_amount);
    demand(Output::spend_currency);
    if (type != FeedType::merchant)
        demand(Output::card_token);
    if (entry(Output::merchant_identifier_id))
        return; // says which merchant and network
    demand(Output::payment_provider);
    const bool identified = type == FeedType::merchant
                                ? !mids_.empty() || entry(Output::location).has_value()
                                : entry(Output::primary).has_value();
    if (!identified)
        declaration.own().fail(type == FeedType::merchant
                                   ? "the map must give merchant identifiers ('mids')"
                                   : "the map must give a PRIMARY identifier");
}

void TransactionMap::compile(Entry& entry, std::span<const expr::Name> names, const char* output,
                             expr::Type wanted) {
    auto program = expr::Program::compile(entry.node, names);
    if (!program)
        entry.where.fail(program.error().detail);
    const expr::Type type = program->type();
    if (wanted != expr::Type::null && type != expr::Type::null && type != wanted)
        entry.where.fail("must be " + with_article(wanted) + ", got " + with_article(type));
    entry.program = std::move(*program);
    entry.literal = entry.node.kind == Node::Kind::literal;
    std::set<std::string> used;
    names_in(entry.node, used);
    std::erase_if(used, [](const std::string& name) { return name.starts_with('@'); });
    entry.input = used.size() == 1 ? *used.begin() : output;
    for (const auto& [path, name] : shown_)
        if (entry.input == path)
            entry.input = name;
}

void TransactionMap::bind(const std::vector<std::string>& fields, bool untag) {
    untag_ = untag;
    std::vector<expr::Name> names;
    for (const std::string& field : fields)
        names.push_back({field, expr::Type::null});
    names.push_back({k_name_raw, expr::Type::text});
    names.push_back({k_name_merchant, expr::Type::text});
    names.push_back({k_name_currency, expr::Type::text});
    names.push_back({k_name_date, expr::Type::instant});
    names.push_back({k_name_amount, expr::Type::integer});
    for (std::size_t i = 0; i < k_outputs; ++i)
        if (entries_[i])
            compile(*entries_[i], names, k_output_kinds[i].name, wanted(k_output_kinds[i]));
    for (Entry& mid : mids_)
        compile(mid, names, "mids", expr::Type::null);
    for (Filter& filter : filters_)
        compile(filter.entry, names, "filters", expr::Type::boolean);
}

} // namespace harmonia::importers
