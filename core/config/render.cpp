// A tree as YAML or JSON, secrets masked.
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/config/secret.hpp"

namespace harmonia::config {

namespace {

using Kind = Value::Kind;

bool alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Whether YAML certainly reads the unquoted text back as the same scalar, wherever it stands.
bool plain(std::string_view text) {
    if (text.empty() || equals_ignoring_case(text, "null"))
        return false;
    const bool negative = text[0] == '-' && text.size() > 1 && text[1] >= '0' && text[1] <= '9';
    if (!alphanumeric(text[0]) && text[0] != '/' && text[0] != '_' && !negative)
        return false;
    for (const char c : text)
        if (!alphanumeric(c) && std::string_view(" /_-.:@%+$()=").find(c) == std::string_view::npos)
            return false;
    return text.back() != ' ' && text.back() != ':' && text.find(": ") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
    static constexpr char k_hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "\\x";
            out += k_hex[byte >> 4];
            out += k_hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

/// A scalar as it may be shown; `***` in place of a secret.
std::string shown(const Value& value, const std::string& path) {
    std::string text = mask_credentials(value.scalar());
    return is_secret(path) && !text.empty() ? "***" : text;
}

std::string scalar_text(const Value& value, const std::string& path) {
    if (value.kind() == Kind::null)
        return "null";
    const std::string text = shown(value, path);
    return plain(text) ? text : quoted(text);
}

struct Writer {
    bool origins;
    std::string out;

    void end_line(const Value& value) {
        if (origins)
            out += "  # " + value.origin().text();
        out += '\n';
    }

    /// What follows `key:` or `-`; nested lines are indented by `indent`.
    void value(const Value& value, const std::string& path, std::size_t indent) {
        if (value.kind() == Kind::null || value.kind() == Kind::scalar) {
            out += " " + scalar_text(value, path);
            return end_line(value);
        }
        if (value.kind() == Kind::map ? value.map().empty() : value.list().empty()) {
            out += value.kind() == Kind::map ? " {}" : " []";
            return end_line(value);
        }
        out += '\n';
        nested(value, path, indent);
    }

    void nested(const Value& value, const std::string& path, std::size_t indent) {
        const std::string blanks(indent, ' ');
        if (value.kind() == Kind::map) {
            for (const auto& [key, child] : value.map()) {
                out += blanks + (plain(key) ? key : quoted(key)) + ":";
                this->value(child, path.empty() ? key : path + "." + key, indent + 2);
            }
            return;
        }
        for (const Value& item : value.list()) {
            out += blanks + "-";
            this->value(item, path, indent + 2);
        }
    }
};

std::string json_text(std::string_view text) {
    static constexpr char k_hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20)
            out += std::string("\\u00") + k_hex[byte >> 4] + k_hex[byte & 15];
        else if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else
            out += c;
    }
    return out + "\"";
}

std::string json(const Value& value, const std::string& path) {
    if (value.kind() == Kind::null)
        return "null";
    if (value.kind() == Kind::scalar)
        return json_text(shown(value, path));
    std::string out;
    if (value.kind() == Kind::list) {
        for (const Value& item : value.list())
            out += (out.empty() ? "" : ", ") + json(item, path);
        return "[" + out + "]";
    }
    for (const auto& [key, child] : value.map())
        out += (out.empty() ? "" : ", ") + json_text(key) + ": " +
               json(child, path.empty() ? key : path + "." + key);
    return "{" + out + "}";
}

} // namespace

std::string render_json(const Value& root) {
    return json(root, root.path());
}

std::string render(const Value& root, bool with_origin) {
    Writer writer{with_origin, {}};
    if (root.kind() == Kind::map && !root.map().empty())
        writer.nested(root, root.path(), 0);
    else
        writer.value(root, root.path(), 0);
    return std::move(writer.out);
}

} // namespace harmonia::config
