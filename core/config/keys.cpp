// The scalar keys of the defaults, with their comments.
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/config/comments.hpp"
#include "core/config/config.hpp"
#include "core/config/secret.hpp"

namespace harmonia::config {

namespace {

bool take_marker(std::string& help, std::string_view marker) {
    const std::size_t at = help.find(marker);
    if (at == std::string::npos)
        return false;
    help.erase(at, marker.size());
    help = std::string(trim(help));
    return true;
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
    key.help = comment_of(lines, static_cast<std::size_t>(value.origin().line - 1));
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
