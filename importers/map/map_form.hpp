// One construct of a map while it is read: its name (the key that is not an option), that key's
// value, and its options, each of which must be asked for.
#pragma once

#include "core/config/value.hpp"
#include "core/expr/expr.hpp"
#include "importers/map/map_shorthand.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace harmonia::importers {

class MapShorthand::Form {
public:
    explicit Form(const config::Value& value);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool is(std::string_view construct) const { return name_ == construct; }
    [[nodiscard]] const config::Value& main() const { return *main_; }
    /// Null when absent.
    [[nodiscard]] const config::Value* option(std::string_view key);
    [[nodiscard]] const config::Value& required(std::string_view key);
    [[nodiscard]] std::optional<config::Value> take(std::string_view key);
    [[nodiscard]] std::string text(std::string_view key, std::string otherwise);
    [[nodiscard]] long long integer(std::string_view key, long long otherwise);
    [[noreturn]] void fail(const std::string& what) const { value_.fail(what); }
    [[noreturn]] void fail_unknown() const;
    /// Refuses options that were not asked for.
    void finish() const;

    void remember_any_blank(expr::Node node) { any_blank_ = std::move(node); }
    [[nodiscard]] expr::Node any_blank() const { return any_blank_; }

private:
    config::Value value_;
    std::string name_;
    const config::Value* main_ = nullptr;
    std::set<std::string, std::less<>> asked_;
    expr::Node any_blank_;
};

} // namespace harmonia::importers
