#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/config/secret.hpp"

namespace harmonia::config {

namespace {

/// The text after `#` on a line that is a comment only, or empty.
std::optional<std::string_view> comment_line(std::string_view line) {
    line = trim(line);
    if (!line.starts_with('#'))
        return std::nullopt;
    return trim(line.substr(1));
}

bool take_marker(std::string& help, std::string_view marker) {
    const std::size_t at = help.find(marker);
    if (at == std::string::npos)
        return false;
    help.erase(at, marker.size());
    help = std::string(trim(help));
    return true;
}

/// Comment lines directly above line `index`, then what follows ` #` on the line itself.
std::string help_of(const std::vector<std::string_view>& lines, std::size_t index) {
    std::size_t first = index;
    while (first > 0 && comment_line(lines[first - 1]))
        --first;
    std::string help;
    for (std::size_t i = first; i < index; ++i) {
        if (!help.empty())
            help += ' ';
        help += *comment_line(lines[i]);
    }
    const std::size_t trailing = lines[index].find(" #");
    if (trailing != std::string_view::npos) {
        if (!help.empty())
            help += ' ';
        help += trim(lines[index].substr(trailing + 2));
    }
    return help;
}

void collect(const Value& value, const std::vector<std::string_view>& lines,
             std::vector<Key>& keys) {
    if (value.kind() == Value::Kind::map) {
        for (const auto& [key, child] : value.map())
            collect(child, lines, keys);
        return;
    }
    if (value.kind() == Value::Kind::list)
        return;
    Key key;
    key.path = value.path();
    if (value.kind() == Value::Kind::scalar)
        key.default_text = value.scalar();
    key.help = help_of(lines, static_cast<std::size_t>(value.origin().line - 1));
    key.live = take_marker(key.help, "[live]");
    key.secret = is_secret(key.path);
    keys.push_back(std::move(key));
}

std::vector<Key> declared_keys() {
    const std::string_view text = embedded::defaults().front().text;
    std::vector<Key> keys;
    collect(parse(text, "defaults"), split(text, '\n'), keys);
    return keys;
}

} // namespace

const std::vector<Key>& keys() {
    static const std::vector<Key> declared = declared_keys();
    return declared;
}

const Key* find_key(std::string_view path) {
    for (const Key& key : keys())
        if (key.path == path)
            return &key;
    return nullptr;
}

} // namespace harmonia::config
