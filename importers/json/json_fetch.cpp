// Fetching the wanted values from a record that was read.
#include "importers/json/json_paths.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>

namespace harmonia::importers {
namespace {

using json::Kind;
using Seen = std::bitset<k_json_members_max>;
using Taken = std::array<Seen, k_json_selections_max>;

std::size_t find(const std::vector<JsonWanted::Member>& members, std::string_view name) {
    for (std::size_t i = 0; i < members.size(); ++i)
        if (members[i].name == name)
            return i;
    return members.size();
}

class Fetch {
public:
    Fetch(const JsonPaths& paths, std::span<expr::Value> fields, expr::Arena& arena)
        : paths_(paths), fields_(fields), arena_(arena) {}

    /// False: a member occurs twice.
    bool take(const json::Value& value, const JsonWanted& wanted);
    [[nodiscard]] std::string_view repeated() const { return repeated_; }

private:
    bool take_object(const json::Value& object, const JsonWanted& wanted);
    bool take_array(const json::Value& array, const JsonWanted& wanted);
    bool take_item(const json::Value& item, const JsonWanted& wanted, Taken& taken);
    bool repeats(std::string_view name) {
        repeated_ = name;
        return false;
    }
    std::string_view text(const json::Value& string) {
        if (!string.escaped())
            return string.raw();
        char* const begin = arena_.allocate(string.raw().size());
        return {begin, static_cast<std::size_t>(json::unescape(string.raw(), begin) - begin)};
    }
    expr::Value scalar(const json::Value& value);
    expr::Value untagged(const json::Value& value);

    const JsonPaths& paths_;
    std::span<expr::Value> fields_;
    expr::Arena& arena_;
    std::string_view repeated_;
};

expr::Value Fetch::scalar(const json::Value& value) {
    switch (value.kind()) {
    case Kind::null:
        return {};
    case Kind::boolean:
        return expr::Value::of(value.is_true());
    case Kind::string:
        return expr::Value::of_text(text(value));
    default:
        return expr::Value::of_text(value.raw());
    }
}

bool Fetch::take(const json::Value& value, const JsonWanted& wanted) {
    const bool nested = value.kind() == Kind::object || value.kind() == Kind::array;
    if (!wanted.fields.empty()) {
        const expr::Value found = nested ? untagged(value) : scalar(value);
        for (const std::size_t field : wanted.fields)
            fields_[field] = found;
    }
    if (value.kind() == Kind::object && !wanted.members.empty())
        return take_object(value, wanted);
    return value.kind() != Kind::array || wanted.selections.empty() || take_array(value, wanted);
}

bool Fetch::take_object(const json::Value& object, const JsonWanted& wanted) {
    Seen seen;
    for (const auto [name, value] : object.members()) {
        const std::string_view plain = text(name);
        const std::size_t member = find(wanted.members, plain);
        if (member == wanted.members.size())
            continue;
        if (seen.test(member))
            return repeats(plain);
        seen.set(member);
        if (!take(value, paths_.node(wanted.members[member].node)))
            return false;
    }
    return true;
}

bool Fetch::take_array(const json::Value& array, const JsonWanted& wanted) {
    Taken taken;
    for (const json::Value one : array.items())
        if (!take_item(one, wanted, taken))
            return false;
    return true;
}

// An item's name may come behind its value: first its names are looked for, then what is wanted of
// it.
bool Fetch::take_item(const json::Value& item, const JsonWanted& wanted, Taken& taken) {
    const auto& selections = wanted.selections;
    std::array<std::size_t, k_json_selections_max> chosen{};
    std::bitset<k_json_selections_max> named;
    for (const auto [name, value] : item.members()) {
        if (value.kind() != Kind::string)
            continue;
        const std::string_view key = text(name);
        std::size_t at = 0;
        while (at < selections.size() && selections[at].key != key)
            ++at;
        if (at == selections.size())
            continue;
        if (named.test(at))
            return repeats(selections[at].key);
        named.set(at);
        chosen[at] = find(selections[at].by_name, text(value));
    }
    for (std::size_t i = 0; i < selections.size(); ++i) {
        const auto& names = selections[i].by_name;
        if (!named.test(i) || chosen[i] == names.size() || taken[i].test(chosen[i]))
            continue;
        taken[i].set(chosen[i]);
        if (!take(item, paths_.node(names[chosen[i]].node)))
            return false;
    }
    return true;
}

expr::Value Fetch::untagged(const json::Value& value) {
    const expr::Value whole = expr::Value::of_text(value.raw());
    if (value.raw().find("\"__type__\"") == std::string_view::npos)
        return whole;
    std::optional<expr::Value> inner;
    for (const auto [name, member] : value.members()) {
        const std::string_view key = name.raw();
        if (member.kind() == Kind::object || member.kind() == Kind::array ||
            (key != "__type__" && key != "__value__"))
            return whole;
        if (key == "__value__")
            inner = scalar(member);
    }
    return inner.value_or(whole);
}

} // namespace

Expected<void> JsonPaths::fetch(const json::Value& object, std::span<expr::Value> fields,
                                expr::Arena& arena) const {
    std::fill(fields.begin(), fields.end(), expr::Value{});
    if (object.kind() != Kind::object)
        return bad("bad_json", {}, "the record is not an object");
    Fetch fetch(*this, fields, arena);
    if (!fetch.take(object, root()))
        return bad("duplicate_key", std::string(fetch.repeated()), "the member occurs twice");
    return {};
}

Expected<void> JsonPaths::fetch(std::string_view record, json::Document& document,
                                std::span<expr::Value> fields, expr::Arena& arena) const {
    if (!document.read(record, k_record_rules))
        return bad("bad_json", {}, document.fault().text());
    return fetch(document.root(), fields, arena);
}

} // namespace harmonia::importers
