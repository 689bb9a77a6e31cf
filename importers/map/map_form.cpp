#include "importers/map/map_form.hpp"

#include "core/base/text.hpp"
#include "core/expr/function.hpp"

#include <algorithm>
#include <array>

namespace harmonia::importers {

namespace {

constexpr std::array k_constructs = {
    "const",       "expr",  "join",  "datetime",     "iso",      "day",
    "minor_units", "sum",   "case",  "right",        "left",     "strip_prefix",
    "split_at",    "regex", "slice", "content_hash", "negative", "network"};

bool is_construct(const std::string& key) {
    return std::find(k_constructs.begin(), k_constructs.end(), key) != k_constructs.end();
}

} // namespace

// An option may have the name of a function, never that of a construct: a construct wins.
MapShorthand::Form::Form(const config::Value& value) : value_(value) {
    const auto& entries = value_.map();
    for (const auto& [key, entry] : entries) {
        if (is_construct(key) || (main_ == nullptr && expr::find_function(key) != nullptr)) {
            name_ = key;
            main_ = &entry;
            if (is_construct(key))
                break;
        }
    }
    if (main_ == nullptr) {
        name_ = entries.empty() ? "" : entries.front().first;
        fail_unknown();
    }
    asked_.insert(name_);
}

const config::Value* MapShorthand::Form::option(std::string_view key) {
    asked_.emplace(key);
    const config::Value* value = value_.find(key);
    return value != nullptr && value->kind() == config::Value::Kind::null ? nullptr : value;
}

const config::Value& MapShorthand::Form::required(std::string_view key) {
    const config::Value* value = option(key);
    if (value == nullptr)
        fail("'" + name_ + "' requires '" + std::string(key) + "'");
    return *value;
}

std::optional<config::Value> MapShorthand::Form::take(std::string_view key) {
    const config::Value* value = option(key);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::string MapShorthand::Form::text(std::string_view key, std::string otherwise) {
    const config::Value* value = option(key);
    return value == nullptr ? std::move(otherwise) : value->as_text();
}

long long MapShorthand::Form::integer(std::string_view key, long long otherwise) {
    const config::Value* value = option(key);
    return value == nullptr ? otherwise : value->as_integer();
}

void MapShorthand::Form::fail_unknown() const {
    std::vector<std::string> names(k_constructs.begin(), k_constructs.end());
    for (const expr::Function& function : expr::functions())
        names.emplace_back(function.name);
    const auto near = nearest(name_, names);
    value_.fail("unknown construct '" + printable(name_, 60) + "'",
                near ? "Did you mean '" + *near + "'?" : "docs/reference/feeds.md lists them.");
}

void MapShorthand::Form::finish() const {
    for (const auto& [key, entry] : value_.map())
        if (!asked_.contains(key))
            entry.fail("'" + name_ + "' has no option '" + printable(key, 60) + "'");
}

} // namespace harmonia::importers
