// The JSON reader against a general parser: they accept the same texts, but for byte order marks
// and numbers that no double holds, and find the same values in them.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/json/reader.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using namespace harmonia;

namespace {

using Json = nlohmann::json;

std::string plain(const json::Value& string) {
    std::string text;
    json::append_unescaped(text, string);
    return text;
}

Json tree(const json::Value& value) {
    Json made;
    switch (value.kind()) {
    case json::Kind::object:
        made = Json::object();
        for (const auto [name, member] : value.members())
            made[plain(name)] = tree(member);
        return made;
    case json::Kind::array:
        made = Json::array();
        for (const json::Value item : value.items())
            made.push_back(tree(item));
        return made;
    case json::Kind::string:
        return plain(value);
    default: // numbers too: the general parser reads their text again
        return Json::parse(value.raw());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static json::Document document;
    const bool good = find_bad_utf8(text) == std::string_view::npos &&
                      document.read(text, {.strings = json::Strings::unicode});
    if (Json::accept(text)) {
        HARMONIA_CHECK(good || text.starts_with("\xEF\xBB\xBF"));
        HARMONIA_CHECK(!good || tree(document.root()) == Json::parse(text));
    } else {
        HARMONIA_CHECK(!good || text.find_first_of("eE0") != text.npos);
    }
    json::Document strict;
    if (good && strict.read(text, {4, json::Strings::storable, 20, 2})) // refuses more, reads alike
        HARMONIA_CHECK(strict.root().raw() == document.root().raw());
    return 0;
}
