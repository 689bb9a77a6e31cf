#include "core/config/compiled_in.hpp"

#include "core/base/check.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/config/comments.hpp"
#include "core/config/config.hpp"
#include "core/config/layers.hpp"

#include <algorithm>

namespace harmonia::config {

namespace {

using Kind = Value::Kind;
using Lines = std::vector<std::string_view>;

Value read(const Embedded& file, const std::string& name) {
    Value value = parse(file.text, name);
    static_cast<void>(value.map());
    return value;
}

/// The lines of one item of a file's list, with the comment above it; not those of the next item.
std::string text_of(const Lines& lines, std::size_t first, std::size_t end) {
    std::string_view comment;
    while (first > 0 && comment_line(lines[first - 1], comment))
        --first;
    while (end > first + 1 &&
           (trim(lines[end - 1]).empty() || comment_line(lines[end - 1], comment)))
        --end;
    std::string text = "feeds:\n";
    for (std::size_t i = first; i < end; ++i)
        text.append(lines[i]).append("\n");
    return text;
}

std::string opening_comment(const Lines& lines) {
    std::string about;
    std::string_view text;
    for (std::size_t i = 0; i < lines.size() && comment_line(lines[i], text); ++i)
        about.append(about.empty() ? "" : " ").append(text);
    return about;
}

std::size_t line_of(const Value& value) {
    HARMONIA_CHECK(value.origin().line > 0);
    return static_cast<std::size_t>(value.origin().line - 1);
}

std::vector<ShippedFeed> read_shipped() {
    std::vector<ShippedFeed> feeds;
    for (const Embedded& file : embedded::shipped()) {
        const std::string name(file.path);
        const Lines lines = split(file.text, '\n');
        const Value root = read(file, name);
        const Value* list = root.find("feeds");
        HARMONIA_CHECK(list != nullptr);
        const std::vector<Value>& items = list->list();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const Value* feed = items[i].find("name");
            HARMONIA_CHECK(feed != nullptr);
            const std::size_t end = i + 1 < items.size() ? line_of(items[i + 1]) : lines.size();
            feeds.push_back({feed->as_text(), name, opening_comment(lines),
                             text_of(lines, line_of(items[i]), end)});
        }
    }
    return feeds;
}

/// A value without children, as YAML on one line.
std::string flow(const Value& value) {
    if (value.kind() == Kind::scalar)
        return value.scalar();
    if (value.kind() == Kind::map)
        return "{}";
    std::vector<std::string> items;
    for (const Value& item : value.list())
        items.push_back(item.kind() != Kind::scalar ? "…"
                        : item.scalar().empty()     ? "\"\""
                                                    : item.scalar());
    return "[" + join(items, ", ") + "]";
}

/// What stands above the key of a map that is written below it.
std::string comment_above(const Lines& lines, const std::string& key, std::size_t first_child) {
    for (std::size_t i = first_child; i-- > 0;)
        if (trim(lines[i]).starts_with(key + ":"))
            return comment_of(lines, i);
    return {};
}

void collect(const Value& value, const std::string& key, const Lines& lines,
             std::vector<Explanation>& out) {
    if (value.kind() == Kind::null)
        return;
    const bool section = value.kind() == Kind::map && !value.map().empty();
    if (!section) {
        out.push_back({value.path(), flow(value), comment_of(lines, line_of(value))});
        return;
    }
    if (!key.empty())
        if (std::string help = comment_above(lines, key, line_of(value)); !help.empty())
            out.push_back({value.path(), "", std::move(help)});
    for (const auto& [name, child] : value.map())
        collect(child, name, lines, out);
}

const std::vector<Explanation>& explanations() {
    static const std::vector<Explanation> k_all = [] {
        std::vector<Explanation> all;
        for (const auto files : {embedded::defaults(), embedded::explained()})
            for (const Embedded& file : files)
                collect(read(file, std::string(file.path)), "", split(file.text, '\n'), all);
        for (Explanation& one : all)
            if (const std::size_t at = one.help.find("[live]"); at != std::string::npos)
                one.help = std::string(trim(one.help.erase(at, 6)));
        return all;
    }();
    return k_all;
}

bool is_placeholder(std::string_view part) {
    return !part.empty() &&
           std::all_of(
               part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// `inhibit[0]` and `inhibit[]` are `inhibit`.
std::string_view without_index(std::string_view part) {
    return part.substr(0, part.find('['));
}

/// Whether `path` is `asked`, or below it.
bool is_at(std::string_view path, std::string_view asked) {
    if (asked.empty())
        return true;
    const Lines have = split(path, '.'), want = split(asked, '.');
    if (want.size() > have.size())
        return false;
    for (std::size_t i = 0; i < want.size(); ++i)
        if (!is_placeholder(have[i]) && without_index(have[i]) != without_index(want[i]))
            return false;
    return true;
}

} // namespace

Value defaults() {
    Value root = read(embedded::defaults().front(), "defaults");
    for (const Embedded& file : embedded::shipped())
        root = merge(root, read(file, std::string(file.path)));
    return repath(root, "");
}

const std::vector<ShippedFeed>& shipped_feeds() {
    static const std::vector<ShippedFeed> k_feeds = read_shipped();
    return k_feeds;
}

const ShippedFeed* find_shipped_feed(std::string_view name) {
    for (const ShippedFeed& feed : shipped_feeds())
        if (feed.name == name)
            return &feed;
    return nullptr;
}

std::vector<Explanation> explain(std::string_view path) {
    std::vector<Explanation> found;
    for (const Explanation& one : explanations())
        if (is_at(one.path, path))
            found.push_back(one);
    return found;
}

} // namespace harmonia::config
