#include "importers/map/field_map.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace harmonia::importers {
namespace {

void names_in(const expr::Node& node, std::vector<std::string>& names) {
    if (node.kind == expr::Node::Kind::name)
        names.push_back(node.text);
    for (const expr::Node& child : node.children)
        names_in(child, names);
}

std::size_t place_of(const std::vector<std::string>& fields, const std::string& name) {
    return static_cast<std::size_t>(std::find(fields.begin(), fields.end(), name) - fields.begin());
}

} // namespace

FieldMap::FieldMap(const Declaration& declaration, std::span<const char* const> names)
    : names_(names) {
    const auto zone = declaration.find("zone");
    MapShorthand shorthand({}, zone ? &*zone : nullptr);
    std::vector<std::string> known(names.begin(), names.end());
    for (const auto& [name, value] : declaration.entries({"map"})) {
        const std::size_t output = place_of(known, name);
        if (output == known.size()) {
            const auto near = nearest(name, known);
            value.fail("the sink has no field '" + printable(name, 60) + "'",
                       near ? "Did you mean '" + *near + "'?"
                            : "It has: " + join(known, ", ") + ".");
        }
        entries_.push_back({output, value, shorthand.build(value), {}, {}});
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool mapped = std::any_of(entries_.begin(), entries_.end(),
                                        [&](const Entry& entry) { return entry.output == i; });
        if (!mapped)
            entries_.push_back({i, declaration.own(), expr::name(names[i]), {}, {}});
    }
    for (const std::string& field : shorthand.used())
        use(field);
    for (const Entry& entry : entries_)
        if (entry.node.kind == expr::Node::Kind::name)
            use(entry.node.text);
    if (const auto required = declaration.find("required"))
        required_ = required->as_text_list();
    for (const std::string& field : required_)
        use(field);
}

void FieldMap::use(const std::string& field) {
    if (std::find(used_.begin(), used_.end(), field) == used_.end())
        used_.push_back(field);
}

std::vector<std::string> FieldMap::sources(std::string_view name) const {
    std::vector<std::string> fields;
    for (const Entry& entry : entries_)
        if (names_[entry.output] == name)
            names_in(entry.node, fields);
    return fields;
}

void FieldMap::bind(const std::vector<std::string>& fields) {
    std::vector<expr::Name> names;
    for (const std::string& field : fields)
        names.push_back({field, expr::Type::null});
    for (Entry& entry : entries_) {
        if (entry.node.kind == expr::Node::Kind::name) {
            entry.slot = place_of(fields, entry.node.text);
            continue;
        }
        auto program = expr::Program::compile(entry.node, names);
        if (!program)
            entry.where.fail(program.error().detail);
        entry.program = std::move(*program);
    }
    for (const std::string& field : required_)
        required_slots_.push_back(place_of(fields, field));
}

std::string FieldMap::lacking(std::span<const expr::Value> fields) const {
    std::string names;
    for (std::size_t i = 0; i < required_.size(); ++i)
        if (fields[required_slots_[i]].is_null())
            names.append(names.empty() ? "" : " ").append(required_[i]);
    return names;
}

Expected<void> FieldMap::read(std::span<const expr::Value> fields, FieldTexts out,
                              expr::Arena& arena) const {
    for (const Entry& entry : entries_) {
        const expr::Value value =
            entry.slot ? fields[*entry.slot] : entry.program.eval(fields, arena);
        if (value.is_error())
            return bad(std::string(value.text), names_[entry.output], std::string(value.detail));
        out[entry.output].reset();
        if (value.is_blank())
            continue;
        const std::string_view text =
            value.type == expr::Type::text ? value.text : print(value, arena);
        out[entry.output] = trim(text);
    }
    return {};
}

} // namespace harmonia::importers
