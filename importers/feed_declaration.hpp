// A feed's declaration with what it takes over from another one by `like: NAME`.
//
// A key that the declaration does not write comes from the feed that it is like. Keys of `map` and
// of its sections (constants, copy, identifiers) and of `kv` are taken over one by one; every other
// key as a whole. A key written with nothing (`sign:`) takes nothing over.
#pragma once

#include "core/config/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::importers {

using Entries = std::vector<std::pair<std::string, config::Value>>;

class Declaration {
public:
    /// Nearest first: the declaration itself, the one it is like, and so on. Error(config) for a
    /// key that no feed has.
    explicit Declaration(std::vector<config::Value> layers);

    [[nodiscard]] const config::Value& own() const { return layers_.front(); }
    [[nodiscard]] std::optional<config::Value> find(std::string_view key) const;
    [[nodiscard]] config::Value required(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key, std::string otherwise) const;
    [[nodiscard]] std::string choice(std::string_view key, const std::vector<std::string>& names,
                                     std::string otherwise) const;
    /// The map at `path` (`{"map", "copy"}`), farther layers first, nearer ones replacing their
    /// keys.
    [[nodiscard]] Entries entries(const std::vector<std::string_view>& path) const;

private:
    std::vector<config::Value> layers_;
};

/// The declaration of `value` among all of `feeds` (a list). Error(config) for a `like` that names
/// no feed or goes in a circle.
[[nodiscard]] Declaration resolve_like(const config::Value& value, const config::Value& feeds);

} // namespace harmonia::importers
