#include "core/smp/object.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/smp/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace harmonia::smp {

namespace {

// Strings that cannot be stored are refused where one is taken: nobody keeps the others.
constexpr json::Rules k_message_rules{.depth_max = k_depth_max};

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

} // namespace

Expected<json::Value> read_object(std::string_view text, json::Document& document) {
    if (const std::size_t at = find_bad_utf8(text); at != std::string_view::npos)
        return bad("utf8", {}, fmt::format("not UTF-8 at byte {}", at + 1));
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || text[begin] != '{')
        return bad("json", {}, "must be an object");
    if (!document.read(text, k_message_rules))
        return bad(document.fault().too_deep ? "depth" : "json", {}, document.fault().text());
    return document.root();
}

ObjectReader::ObjectReader(const json::Value& object, std::span<const std::string_view> names)
    : names_(names) {
    HARMONIA_CHECK(names.size() <= k_members_max);
    for (const auto [name, value] : object.members())
        if (const std::size_t member = member_of(name); member < names_.size())
            values_[member] = value;
}

std::size_t ObjectReader::member_of(const json::Value& name) const {
    const auto find = [this](std::string_view wanted) {
        return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), wanted) -
                                        names_.begin());
    };
    if (!name.escaped())
        return find(name.raw());
    if (name.flaw() != json::Flaw::none)
        return names_.size();
    std::string plain;
    json::append_unescaped(plain, name);
    return find(plain);
}

void ObjectReader::fail(std::string code, std::size_t member, std::string detail) {
    if (!problem_)
        problem_ = Problem{std::move(code), std::string(names_[member]), std::move(detail)};
}

bool ObjectReader::has(std::size_t member) const {
    return !problem_ && values_[member].has_value();
}

const json::Value* ObjectReader::want(std::size_t member, json::Kind kind, const char* kind_name) {
    if (problem_)
        return nullptr;
    const auto& value = values_[member];
    if (value && value->kind() == kind)
        return &*value;
    if (!value)
        fail("missing", member, "required");
    else
        fail("kind", member, std::string("must be ") + kind_name);
    return nullptr;
}

std::optional<json::Value> ObjectReader::take_object(std::size_t member) {
    const json::Value* value = want(member, json::Kind::object, "an object");
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::int64_t ObjectReader::take_int64(std::size_t member, std::int64_t min, std::int64_t max) {
    const json::Value* value = want(member, json::Kind::number, "a whole number");
    if (value == nullptr)
        return 0;
    std::int64_t number = 0;
    const std::string_view raw = value->raw();
    const char* const end = raw.data() + raw.size();
    const auto [last, failure] = std::from_chars(raw.data(), end, number);
    if (last != end) {
        fail("kind", member, "must be a whole number without fraction or exponent");
        return 0;
    }
    if (failure != std::errc() || number < min || number > max) {
        fail("range", member, "out of range");
        return 0;
    }
    return number;
}

double ObjectReader::take_real(std::size_t member) {
    const json::Value* value = want(member, json::Kind::number, "a number");
    if (value == nullptr)
        return 0;
    const std::string_view raw = value->raw();
    const char* const end = raw.data() + raw.size();
    double number = 0;
    auto failure = std::from_chars(raw.data(), end, number).ec;
    if (failure != std::errc()) { // too large, or so small that it is 0
        long double wide = 0;
        failure = std::from_chars(raw.data(), end, wide).ec;
        number = static_cast<double>(wide);
    }
    if (failure != std::errc() || !std::isfinite(number)) {
        fail("range", member, "out of range");
        return 0;
    }
    return number;
}

std::string ObjectReader::take_string(std::size_t member, const StringRule& rule) {
    const json::Value* value = want(member, json::Kind::string, "a string");
    if (value == nullptr)
        return {};
    if (value->flaw() != json::Flaw::none) {
        const bool nul = value->flaw() == json::Flaw::nul;
        fail("text", member, nul ? "contains U+0000" : "contains a lone surrogate");
        return {};
    }
    std::string text;
    json::append_unescaped(text, *value);
    if (text.size() > rule.bytes_max || text.size() < rule.bytes_min ||
        (text.size() > rule.chars_max && count_characters(text) > rule.chars_max)) {
        fail("length", member, text.size() < rule.bytes_min ? "too short" : "too long");
        return {};
    }
    if (rule.ascii && !is_ascii(text)) {
        fail("text", member, "must be ASCII");
        return {};
    }
    return text;
}

std::int64_t ObjectReader::take_instant(std::size_t member, std::int64_t min_us) {
    const json::Value* value = want(member, json::Kind::string, "a string");
    if (value == nullptr)
        return 0;
    const auto instant = parse_instant(value->escaped() ? take_string(member) : value->raw());
    if (!instant || *instant < min_us) {
        fail("time", member,
             instant ? "must not be before 1970" : "must be a date-time of the years 1 to 9999");
        return 0;
    }
    return *instant;
}

} // namespace harmonia::smp
