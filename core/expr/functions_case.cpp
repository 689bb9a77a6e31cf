// The four maps from a text to one of several results.
#include "core/base/text.hpp"
#include "core/expr/function.hpp"

#include <map>
#include <utility>

namespace harmonia::expr::fn {

namespace {

// Keys in order, each with the index of its result among the arguments.
using Keys = std::vector<std::pair<std::string, std::size_t>>;
using Table = std::map<std::string, std::size_t, std::less<>>;

Expected<Keys> keys_of(Literals literals, bool fold) {
    Keys keys;
    for (std::size_t i = 1; i + 1 < literals.size(); i += 2) {
        if (literals[i] == nullptr || literals[i]->type != Type::text)
            return bad("bad_expression", {}, "the keys of 'case' must be written out as texts");
        const std::string_view key = literals[i]->text;
        keys.emplace_back(fold ? to_lower(key) : std::string(key), i + 1);
    }
    return keys;
}

Expected<State> table_of(Literals literals, bool fold) {
    const auto keys = keys_of(literals, fold);
    if (!keys)
        return tl::unexpected(keys.error());
    Table table;
    for (const auto& [key, result] : *keys)
        if (!table.emplace(key, result).second)
            return bad("bad_expression", {}, "key '" + key + "' twice");
    return std::make_shared<const Table>(std::move(table));
}

Expected<State> list_of(Literals literals, bool fold) {
    auto keys = keys_of(literals, fold);
    if (!keys)
        return tl::unexpected(keys.error());
    return std::make_shared<const Keys>(std::move(*keys));
}

// Text, keys and results in pairs, so an even number of arguments ends with `otherwise`.
Value otherwise(const LazyCall& call) {
    return call.size() % 2 == 0 ? call[call.size() - 1] : Value{};
}

// A text to look up; anything else is the answer already. A null text takes `otherwise`.
bool is_settled(const LazyCall& call, Value& value) {
    if (value.is_null()) {
        value = otherwise(call);
        return true;
    }
    if (!value.is_error() && value.type != Type::text)
        value = Value::error("bad_value", "'case' looks at texts only");
    return value.is_error();
}

Value look_up(const LazyCall& call, bool fold) {
    Value value = call[0];
    if (is_settled(call, value))
        return value;
    const Table& table = *static_cast<const Table*>(call.state());
    const auto found =
        fold ? table.find(std::string_view(to_lower(value.text))) : table.find(value.text);
    return found == table.end() ? otherwise(call) : call[found->second];
}

} // namespace

Expected<State> match_exact_prepare(Literals literals) {
    return table_of(literals, false);
}
Value match_exact(const LazyCall& call) {
    return look_up(call, false);
}

Expected<State> match_any_case_prepare(Literals literals) {
    return table_of(literals, true);
}
Value match_any_case(const LazyCall& call) {
    return look_up(call, true);
}

Expected<State> match_contained_prepare(Literals literals) {
    return list_of(literals, true);
}
Value match_contained(const LazyCall& call) {
    Value value = call[0];
    if (is_settled(call, value))
        return value;
    const std::string text = to_lower(value.text);
    for (const auto& [part, result] : *static_cast<const Keys*>(call.state()))
        if (text.find(part) != std::string::npos)
            return call[result];
    return otherwise(call);
}

Expected<State> match_first_prepare(Literals literals) {
    return list_of(literals, false);
}
Value match_first(const LazyCall& call) {
    Value value = call[0];
    if (is_settled(call, value))
        return value;
    for (const auto& [start, result] : *static_cast<const Keys*>(call.state()))
        if (value.text.substr(0, start.size()) == start)
            return call[result];
    return otherwise(call);
}

} // namespace harmonia::expr::fn
