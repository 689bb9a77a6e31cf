#include "core/expr/json.hpp"

#include "core/base/text.hpp"
#include "core/json/reader.hpp"
#include "core/time/zone.hpp"

#include <optional>

namespace harmonia::expr {

namespace {

constexpr json::Rules k_rules{.strings = json::Strings::unicode};

/// Empty when the text is not JSON. Valid until the next call of the same thread, whose memory is
/// kept: reading one text after the other allocates nothing.
std::optional<json::Value> read(std::string_view text) {
    static thread_local json::Document document;
    if (find_bad_utf8(text) != std::string_view::npos || !document.read(text, k_rules))
        return std::nullopt;
    return document.root();
}

std::string_view text_of(const json::Value& string, Arena& arena) {
    if (!string.escaped())
        return string.raw();
    char* const begin = arena.allocate(string.raw().size());
    return {begin, static_cast<std::size_t>(json::unescape(string.raw(), begin) - begin)};
}

/// Of repeated names the first one that leads to the path's end.
std::optional<json::Value> follow(const json::Value& from, std::string_view path, Arena& arena) {
    const std::size_t dot = path.find('.');
    for (const auto [name, value] : from.members()) {
        if (text_of(name, arena) != path.substr(0, dot))
            continue;
        const auto found =
            dot == std::string_view::npos ? value : follow(value, path.substr(dot + 1), arena);
        if (found)
            return found;
    }
    return std::nullopt;
}

// Numbers keep their text: they never become doubles.
Value scalar(const std::optional<json::Value>& found, Arena& arena) {
    switch (found ? found->kind() : json::Kind::null) {
    case json::Kind::boolean:
        return Value::of(found->is_true());
    case json::Kind::number:
        return Value::of_text(found->raw());
    case json::Kind::string:
        return Value::of_text(text_of(*found, arena));
    default:
        return {};
    }
}

} // namespace

bool is_json(std::string_view text) {
    return read(text).has_value();
}

Value json_member(std::string_view json, std::string_view path, Arena& arena) {
    const auto root = read(json);
    return root ? scalar(follow(*root, path, arena), arena) : Value::error("bad_value", "not JSON");
}

Value untag(const Value& value, Arena& arena) {
    if (value.type != Type::text || value.text.empty() || value.text.front() != '{' ||
        value.text.find("\"__type__\"") == std::string_view::npos)
        return value;
    const auto root = read(value.text);
    if (!root)
        return Value::error("bad_value", "not JSON");
    for (const char* member : {"__value__", "repr"})
        if (const Value plain = scalar(follow(*root, member, arena), arena); !plain.is_null())
            return plain;
    const Value epoch = scalar(follow(*root, "epoch", arena), arena);
    const auto seconds =
        epoch.type == Type::text ? parse_int(epoch.text) : std::optional<long long>();
    constexpr long long k_beyond_s = 253'402'300'800; // the year 10000
    const bool in_range = seconds && *seconds<k_beyond_s&& * seconds> - k_beyond_s;
    return in_range ? Value::of_instant(*seconds * time::k_second_us) : value;
}

} // namespace harmonia::expr
