// Merging layers, and setting single values.
#include "core/base/text.hpp"
#include "core/config/layers.hpp"
#include "core/config/node.hpp"

#include <map>

namespace harmonia::config {

namespace {

using Kind = Value::Kind;

/// The item's `name`, or null when the item is not a named map.
const std::string* name_of(const Value& item) {
    if (item.kind() != Kind::map)
        return nullptr;
    const Value* name = item.find("name");
    return name && name->kind() == Kind::scalar ? &name->scalar() : nullptr;
}

/// Places by name; false when the list holds anything but named maps.
bool index_names(const Value& list, std::map<std::string, std::size_t>& places) {
    for (std::size_t i = 0; i < list.list().size(); ++i) {
        const Value& item = list.list()[i];
        const std::string* name = name_of(item);
        if (!name)
            return false;
        const auto [earlier, fresh] = places.emplace(*name, i);
        if (!fresh)
            item.fail("'" + printable(*name, 60) + "' is given twice",
                      "It was first given at " + list.list()[earlier->second].origin().text() +
                          ".");
    }
    return true;
}

Value merge_lists(const Value& lower, const Value& higher) {
    std::map<std::string, std::size_t> below, above;
    if (higher.list().empty() || !index_names(higher, above) || !index_names(lower, below))
        return higher;
    Value::Node merged = *higher.node();
    merged.list = lower.list();
    for (const Value& item : higher.list()) {
        const auto found = below.find(*name_of(item));
        if (found == below.end())
            merged.list.push_back(item);
        else
            merged.list[found->second] = item;
    }
    return make_value(std::move(merged));
}

Value merge_maps(const Value& lower, const Value& higher) {
    Value::Node merged = *lower.node();
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < merged.map.size(); ++i)
        places.emplace(merged.map[i].first, i);
    for (const auto& [key, value] : higher.map()) {
        const auto found = places.find(key);
        if (found == places.end())
            merged.map.emplace_back(key, value);
        else
            merged.map[found->second].second = merge(merged.map[found->second].second, value);
    }
    return make_value(std::move(merged));
}

} // namespace

Value merge(const Value& lower, const Value& higher) {
    if (higher.kind() == Kind::null && (lower.kind() == Kind::map || lower.kind() == Kind::list))
        return lower;
    if (lower.kind() == Kind::map && higher.kind() != Kind::map)
        higher.fail(std::string("must be a map, got ") + kind_name(higher.kind()));
    if (lower.kind() == Kind::map)
        return merge_maps(lower, higher);
    if (lower.kind() == Kind::list && higher.kind() == Kind::list)
        return merge_lists(lower, higher);
    return higher;
}

Value repath(const Value& value, const std::string& path) {
    Value::Node node = *value.node();
    node.path = path;
    for (std::size_t i = 0; i < node.list.size(); ++i)
        node.list[i] = repath(node.list[i], item_path(path, i));
    for (auto& [key, child] : node.map)
        child = repath(child, child_path(path, key));
    return make_value(std::move(node));
}

Value set_leaf(const Value& root, std::string_view path, const std::string& text,
               const Origin& origin) {
    Value::Node node;
    if (path.empty()) {
        node.kind = Kind::scalar;
        node.text = text;
        node.quoted = true;
        node.origin = origin;
        return make_value(std::move(node));
    }
    const std::size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    const std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
    node = *root.node();
    if (node.kind == Kind::list) {
        for (Value& item : node.list) {
            const std::string* name = name_of(item);
            if (name && *name == key)
                item = set_leaf(item, rest, text, origin);
        }
        return make_value(std::move(node));
    }
    node.kind = Kind::map;
    for (auto& [name, child] : node.map) {
        if (name != key)
            continue;
        child = set_leaf(child, rest, text, origin);
        return make_value(std::move(node));
    }
    node.map.emplace_back(std::string(key), set_leaf(Value(), rest, text, origin));
    return make_value(std::move(node));
}

} // namespace harmonia::config
