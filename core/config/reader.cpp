// The strict reader of a section.
#include "core/base/text.hpp"
#include "core/config/value.hpp"

#include <vector>

namespace harmonia::config {

namespace {

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const auto near = nearest(word, candidates);
    if (near)
        return "Did you mean '" + *near + "'?";
    if (candidates.empty())
        return "No key is known here.";
    return "Known here: " + join(candidates, ", ") + ".";
}

bool present(const Value* value) {
    return value && value->kind() != Value::Kind::null;
}

} // namespace

Reader::Reader(Value map) : map_(std::move(map)) {
    if (map_.kind() != Value::Kind::null)
        static_cast<void>(map_.map());
}

bool Reader::has(std::string_view key) {
    return optional(key).has_value();
}

std::optional<Value> Reader::optional(std::string_view key) {
    known_.emplace(key);
    if (map_.kind() == Value::Kind::null)
        return std::nullopt;
    const Value* value = map_.find(key);
    if (!present(value))
        return std::nullopt;
    return *value;
}

Value Reader::required(std::string_view key) {
    auto value = optional(key);
    if (!value)
        map_.fail("'" + std::string(key) + "' is missing");
    return *value;
}

std::string Reader::text(std::string_view key, std::string otherwise) {
    const auto value = optional(key);
    return value ? value->as_text() : std::move(otherwise);
}

long long Reader::integer(std::string_view key, long long otherwise, long long min, long long max) {
    const auto value = optional(key);
    if (!value)
        return otherwise;
    const long long number = value->as_integer();
    if (number < min || number > max)
        value->fail("must be between " + std::to_string(min) + " and " + std::to_string(max) +
                    ", got " + std::to_string(number));
    return number;
}

bool Reader::boolean(std::string_view key, bool otherwise) {
    const auto value = optional(key);
    return value ? value->as_boolean() : otherwise;
}

std::string Reader::choice(std::string_view key, const std::vector<std::string>& names,
                           std::string otherwise) {
    const auto value = optional(key);
    if (!value)
        return otherwise;
    const std::string& text = value->scalar();
    for (const std::string& name : names)
        if (name == text)
            return text;
    value->fail("unknown value '" + printable(text, 60) + "'", suggestion(text, names));
}

void Reader::finish() {
    if (map_.kind() == Value::Kind::null)
        return;
    for (const auto& [key, value] : map_.map()) {
        if (known_.contains(key))
            continue;
        value.fail("unknown key '" + printable(key, 60) + "'",
                   suggestion(key, {known_.begin(), known_.end()}));
    }
}

} // namespace harmonia::config
