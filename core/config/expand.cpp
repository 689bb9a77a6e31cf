// `${VAR}` in the values of files.
#include "core/base/text.hpp"
#include "core/config/layers.hpp"
#include "core/config/node.hpp"

#include <cstdlib>

namespace harmonia::config {

namespace {

bool is_name(std::string_view text) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9'))
        return false;
    for (const char c : text)
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    return true;
}

/// The replacement of the text between `${` and `}`.
std::string variable(const Value& value, std::string_view inside) {
    const std::size_t colon = inside.find(':');
    const std::string name(inside.substr(0, colon));
    const std::string_view rest = colon == std::string_view::npos ? "" : inside.substr(colon + 1);
    if (!is_name(name) || (colon != std::string_view::npos && rest.find_first_of("-?") != 0))
        value.fail(
            "'${" + printable(inside, 60) + "}' is not a valid variable",
            "Write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a dollar sign.");
    const char* found = std::getenv(name.c_str());
    if (colon == std::string_view::npos) {
        if (!found)
            value.fail("environment variable " + name + " is not set");
        return found;
    }
    if (found && *found)
        return found;
    if (rest[0] == '-')
        return std::string(rest.substr(1));
    value.fail("environment variable " + name + " is not set: " + printable(rest.substr(1)));
}

std::string expand_text(const Value& value, std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '$' || at + 1 == text.size()) {
            out += text[at++];
        } else if (text[at + 1] == '$') {
            out += '$';
            at += 2;
        } else if (text[at + 1] == '{') {
            const std::size_t end = text.find('}', at);
            if (end == std::string_view::npos)
                value.fail("'${' is never closed with '}'");
            out += variable(value, text.substr(at + 2, end - at - 2));
            at = end + 1;
        } else {
            out += text[at++];
        }
    }
    return out;
}

} // namespace

Value expand(const Value& value) {
    Value::Node node = *value.node();
    if (node.kind == Value::Kind::scalar && node.text.find('$') != std::string::npos) {
        node.text = expand_text(value, node.text);
        node.quoted = true;
    }
    for (Value& item : node.list)
        item = expand(item);
    for (auto& [key, child] : node.map)
        child = expand(child);
    return make_value(std::move(node));
}

} // namespace harmonia::config
