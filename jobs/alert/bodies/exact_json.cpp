#include "jobs/alert/bodies/exact_json.hpp"

#include "core/base/text.hpp"
#include "core/json/reader.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <string>

namespace harmonia::alert {
namespace {

using Json = nlohmann::json;

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

std::string unescaped(const json::Value& string) {
    std::string out;
    json::append_unescaped(out, string);
    return out;
}

template <typename T>
bool parse_whole(std::string_view digits, T& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size();
}

Json number_of(std::string_view digits) {
    std::uint64_t whole = 0;
    if (parse_whole(digits, whole))
        return whole;
    std::int64_t negative = 0;
    if (parse_whole(digits, negative))
        return negative;
    return std::string(digits);
}

// Recursion of at most k_depth_max levels.
Json tree_of(const json::Value& value) {
    switch (value.kind()) {
    case json::Kind::null:
        return nullptr;
    case json::Kind::boolean:
        return value.is_true();
    case json::Kind::number:
        return number_of(value.raw());
    case json::Kind::string:
        return unescaped(value);
    case json::Kind::object:
        break;
    case json::Kind::array:
        Json array = Json::array();
        for (const json::Value item : value.items())
            array.push_back(tree_of(item));
        return array;
    }
    Json object = Json::object();
    for (const json::Member member : value.members())
        object[unescaped(member.name)] = tree_of(member.value); // of repeated names the last one
    return object;
}

} // namespace

Expected<Json> exact_json(std::string_view text) {
    if (text.starts_with(k_byte_order_mark))
        text.remove_prefix(k_byte_order_mark.size());
    if (find_bad_utf8(text) != std::string_view::npos)
        return bad("bad_json", {}, "the body is not UTF-8");
    // Faults name a place and never quote the text, which may hold a card number.
    json::Document document;
    if (!document.read(text, {.depth_max = k_depth_max, .strings = json::Strings::storable}))
        return bad("bad_json", {}, document.fault().text());
    return tree_of(document.root());
}

} // namespace harmonia::alert
