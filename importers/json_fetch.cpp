#include "importers/json_paths.hpp"

#include <array>
#include <bitset>
#include <optional>

namespace harmonia::importers {
namespace {

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

    // One value, `wanted` or not, at any place. False: scan.problem() or repeated().
    bool value(JsonScan& scan, const JsonWanted& wanted, int depth);
    [[nodiscard]] const std::optional<Problem>& repeated() const { return repeated_; }

private:
    bool object(JsonScan& scan, const JsonWanted& wanted, int depth);
    bool list(JsonScan& scan, const JsonWanted& wanted, int depth);
    bool item(JsonScan& scan, const JsonWanted& wanted, Taken& taken, int depth);
    bool repeats(std::string_view name) {
        repeated_ = Problem{"duplicate_key", std::string(name), "the member is there twice"};
        return false;
    }
    void deliver(const JsonWanted& wanted, const expr::Value& value) {
        for (const std::size_t field : wanted.fields)
            fields_[field] = value;
    }
    bool scalar(JsonScan& scan, expr::Value& into);
    expr::Value untagged(std::string_view raw);

    const JsonPaths& paths_;
    std::span<expr::Value> fields_;
    expr::Arena& arena_;
    std::optional<Problem> repeated_;
};

bool Fetch::scalar(JsonScan& scan, expr::Value& into) {
    JsonScan::Text text;
    std::string_view number;
    const char first = scan.peek();
    if (first == '"') {
        if (!scan.text(text))
            return false;
        into = expr::Value::of_text(unescaped(text, arena_));
        return true;
    }
    if (first == 't' || first == 'f' || first == 'n') {
        into = first == 'n' ? expr::Value{} : expr::Value::of(first == 't');
        return scan.skip(0);
    }
    if (!scan.number(number))
        return false;
    into = expr::Value::of_text(number);
    return true;
}

bool Fetch::value(JsonScan& scan, const JsonWanted& wanted, int depth) {
    const char first = scan.peek();
    const char* const from = scan.position();
    if (first != '{' && first != '[') {
        expr::Value found;
        if (!scalar(scan, found))
            return false;
        deliver(wanted, found);
        return true;
    }
    if (depth + 1 > k_json_depth_max)
        return scan.fail("nested too deep");
    const bool inside = first == '{' ? !wanted.members.empty() : !wanted.selections.empty();
    const bool good = !inside        ? scan.skip(depth)
                      : first == '{' ? object(scan, wanted, depth + 1)
                                     : list(scan, wanted, depth + 1);
    if (good && !wanted.fields.empty())
        deliver(wanted, untagged({from, static_cast<std::size_t>(scan.position() - from)}));
    return good;
}

bool Fetch::object(JsonScan& scan, const JsonWanted& wanted, int depth) {
    Seen seen;
    JsonScan::Text key;
    bool done = false;
    if (!scan.take('{'))
        return false;
    for (bool first = true;; first = false) {
        if (!scan.key(key, done, first))
            return false;
        if (done)
            return true;
        const std::string_view name = unescaped(key, arena_);
        const std::size_t member = find(wanted.members, name);
        if (member == wanted.members.size()) {
            if (!scan.skip(depth))
                return false;
            continue;
        }
        if (seen.test(member))
            return repeats(name);
        seen.set(member);
        if (!value(scan, paths_.node(wanted.members[member].node), depth))
            return false;
    }
}

bool Fetch::list(JsonScan& scan, const JsonWanted& wanted, int depth) {
    Taken taken;
    bool done = false;
    if (!scan.take('['))
        return false;
    for (bool first = true;; first = false) {
        if (!scan.item(done, first))
            return false;
        if (done)
            return true;
        if (!item(scan, wanted, taken, depth))
            return false;
    }
}

// The name may come behind the value: the item is walked for its name, then again for what is
// wanted.
bool Fetch::item(JsonScan& scan, const JsonWanted& wanted, Taken& taken, int depth) {
    if (scan.peek() != '{')
        return scan.skip(depth);
    if (depth + 1 > k_json_depth_max)
        return scan.fail("nested too deep");
    const char* const from = scan.position();
    std::size_t chosen[k_json_selections_max]{};
    bool named[k_json_selections_max]{};
    JsonScan::Text key;
    bool done = !scan.take('{');
    for (bool first = true; !done; first = false) {
        if (!scan.key(key, done, first))
            return false;
        if (done)
            break;
        std::size_t selection = wanted.selections.size();
        for (std::size_t i = 0; i < wanted.selections.size(); ++i)
            if (wanted.selections[i].key == unescaped(key, arena_))
                selection = i;
        if (selection == wanted.selections.size() || scan.peek() != '"') {
            if (!scan.skip(depth + 1))
                return false;
            continue;
        }
        if (named[selection])
            return repeats(wanted.selections[selection].key);
        named[selection] = true;
        JsonScan::Text name;
        if (!scan.text(name))
            return false;
        chosen[selection] = find(wanted.selections[selection].by_name, unescaped(name, arena_));
    }
    const std::string_view raw(from, static_cast<std::size_t>(scan.position() - from));
    for (std::size_t i = 0; i < wanted.selections.size(); ++i) {
        const auto& names = wanted.selections[i].by_name;
        if (!named[i] || chosen[i] == names.size() || taken[i].test(chosen[i]))
            continue;
        taken[i].set(chosen[i]);
        JsonScan again(raw);
        if (!value(again, paths_.node(names[chosen[i]].node), depth))
            return scan.fail("unexpected text");
    }
    return true;
}

// `raw` was walked already, so every step succeeds.
expr::Value Fetch::untagged(std::string_view raw) {
    const expr::Value whole = expr::Value::of_text(raw);
    if (raw.front() != '{' || raw.find("\"__type__\"") == std::string_view::npos)
        return whole;
    JsonScan scan(raw);
    JsonScan::Text key;
    expr::Value inner;
    bool done = !scan.take('{'), has_value = false;
    for (bool first = true; !done; first = false) {
        if (!scan.key(key, done, first) || done)
            break;
        const char next = scan.peek();
        if (next == '{' || next == '[' || (key.raw != "__type__" && key.raw != "__value__"))
            return whole;
        expr::Value found;
        if (!scalar(scan, found))
            return whole;
        if (key.raw == "__value__") {
            inner = found;
            has_value = true;
        }
    }
    return has_value ? inner : whole;
}

} // namespace

Expected<void> JsonPaths::fetch(std::string_view record, std::span<expr::Value> fields,
                                expr::Arena& arena) const {
    for (expr::Value& field : fields)
        field = expr::Value{};
    JsonScan scan(record);
    if (scan.peek() != '{')
        return bad("bad_json", {}, "the record is not an object");
    Fetch fetch(*this, fields, arena);
    if (fetch.value(scan, root(), 0) && scan.finish())
        return {};
    if (fetch.repeated())
        return tl::make_unexpected(*fetch.repeated());
    return scan.problem();
}

} // namespace harmonia::importers
