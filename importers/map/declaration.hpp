// A feed's declaration, with what it inherits from another one by `like: NAME`.
//
// A key that the declaration does not set comes from the feed that it is like. Keys of `map`, of
// its sections (constants, copy, identifiers) and of `kv` are inherited one by one; every other key
// as a whole. A key without a value (`sign:`) inherits nothing.
#pragma once

#include "core/config/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::importers {

using Entries = std::vector<std::pair<std::string, config::Value>>;

/// The keys that a feed may have.
[[nodiscard]] std::span<const char* const> feed_keys();

class Declaration {
public:
    /// Nearest first: the declaration itself, the one it is like, and so on. Error(config) for an
    /// unknown key.
    explicit Declaration(std::vector<config::Value> layers);

    [[nodiscard]] const config::Value& own() const { return layers_.front(); }
    [[nodiscard]] std::optional<config::Value> find(std::string_view key) const;
    [[nodiscard]] config::Value required(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key, std::string otherwise) const;
    [[nodiscard]] std::string choice(std::string_view key, const std::vector<std::string>& names,
                                     std::string otherwise) const;
    /// The map at `path` (`{"map", "copy"}`), keys of nearer layers replacing those of farther
    /// ones.
    [[nodiscard]] Entries entries(const std::vector<std::string_view>& path) const;

private:
    std::vector<config::Value> layers_;
};

/// The declaration of `value`, an item of the list `feeds`. Error(config) for a `like` that names
/// no feed or leads in a circle.
[[nodiscard]] Declaration resolve_like(const config::Value& value, const config::Value& feeds);

} // namespace harmonia::importers
