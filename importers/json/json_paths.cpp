#include "importers/json/json_paths.hpp"

#include <algorithm>

namespace harmonia::importers {
namespace {

// Reads the text of a path piece by piece.
class PathText {
public:
    explicit PathText(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
    // A quoted name, or everything up to one of `.[=]`.
    Expected<std::string_view> name() {
        if (take('"')) {
            const std::size_t end = rest_.find('"');
            if (end == std::string_view::npos)
                return bad("bad_path", {}, "a quote is not closed");
            return cut(end, 1);
        }
        const std::size_t end = std::min(rest_.find_first_of(".[=]\""), rest_.size());
        if (end == 0)
            return bad("bad_path", {}, "expected a name");
        return cut(end, 0);
    }

private:
    std::string_view cut(std::size_t size, std::size_t behind) {
        const std::string_view name = rest_.substr(0, size);
        rest_.remove_prefix(size + behind);
        return name;
    }
    std::string_view rest_;
};

} // namespace

std::size_t JsonPaths::child(std::vector<JsonWanted::Member>& members, std::string_view name) {
    for (const auto& member : members)
        if (member.name == name)
            return member.node;
    members.push_back({std::string(name), nodes_.size()});
    nodes_.emplace_back();
    return nodes_.size() - 1;
}

std::size_t JsonPaths::selected(std::size_t node, std::string_view key, std::string_view name) {
    auto& selections = nodes_[node].selections;
    auto found = std::find_if(selections.begin(), selections.end(),
                              [&](const auto& selection) { return selection.key == key; });
    if (found == selections.end())
        found = selections.insert(selections.end(), {std::string(key), {}});
    return child(found->by_name, name);
}

Expected<void> JsonPaths::add(std::string_view path, std::size_t field) {
    PathText text(path);
    std::size_t node = 0;
    do {
        const auto name = text.name();
        if (!name)
            return tl::make_unexpected(name.error());
        node = child(nodes_[node].members, *name);
        if (text.take('[')) {
            const auto key = text.name();
            if (!key)
                return tl::make_unexpected(key.error());
            if (!text.take('=') || !text.next_is('"'))
                return bad("bad_path", {}, "expected [Key=\"NAME\"]");
            const auto wanted = text.name();
            if (!wanted)
                return tl::make_unexpected(wanted.error());
            if (!text.take(']'))
                return bad("bad_path", {}, "a bracket is not closed");
            node = selected(node, *key, *wanted);
        }
    } while (text.take('.'));
    if (!text.empty())
        return bad("bad_path", {}, "trailing characters after the path");
    nodes_[node].fields.push_back(field);
    const auto too_many = [](const auto& list) { return list.size() > k_json_members_max; };
    for (const JsonWanted& wanted : nodes_) {
        bool over = too_many(wanted.members) || wanted.selections.size() > k_json_selections_max;
        for (const auto& selection : wanted.selections)
            over = over || too_many(selection.by_name);
        if (over)
            return bad("bad_path", {}, "the paths use too many members of one object");
    }
    return {};
}

} // namespace harmonia::importers
