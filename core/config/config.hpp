// The configuration as one tree, merged from its layers, lowest first: the compiled-in defaults,
// /etc/harmonia/config.yaml, --config FILE, the database store (live keys only), HARMONIA_*
// variables, flags. Maps merge key by key; a list replaces the lower list, except lists whose items
// carry `name` (feeds, exports): they merge by name, an item of a higher layer replacing the whole
// lower item.
#pragma once

#include "core/config/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::config {

/// A variable of a program that this one replaces, and the key it sets.
struct Alias {
    std::string variable, path, text;
};

struct Layers {
    std::optional<std::string>
        file;                   ///< --config; otherwise /etc/harmonia/config.yaml where it exists
    std::vector<Alias> aliases; ///< of the role that runs; below HARMONIA_*, a later one wins
    std::vector<std::pair<std::string, std::string>> environment; ///< HARMONIA_* as found
    std::vector<std::pair<std::string, std::string>> flags;       ///< key path → value text
    std::vector<std::pair<std::string, std::string>> store; ///< live keys of the database store
};

/// All layers merged and `${VAR}` expanded. Error(config) for bad YAML, a duplicate key, a file
/// that cannot be read, an unknown variable name (with a suggestion), or a store key that is not
/// live.
[[nodiscard]] Value load(const Layers& layers);

/// `root` with the live keys of the database store, below variables and flags and above everything
/// else: for a tree that was loaded before the database could be read. Error(config) as load().
[[nodiscard]] Value with_store(const Value& root,
                               const std::vector<std::pair<std::string, std::string>>& store);

/// The variable that sets a key: `database.dsn` → `HARMONIA_DATABASE_DSN`.
[[nodiscard]] std::string variable_of(std::string_view path);

/// HARMONIA_* of this process's environment, without those that are not configuration (tests,
/// failpoints), sorted. load() finds the key of each (HARMONIA_DATABASE_DSN → database.dsn,
/// HARMONIA_IMPORT_MAX_PENDING → import.max_pending) among those of the defaults and files.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> environment_layer();

/// The scalar keys of the defaults, with the comment above or behind each. `live` keys may be
/// changed in the database store; `secret` ones are shown as ***.
struct Key {
    std::string path, default_text, help;
    bool live, secret;
};
[[nodiscard]] const std::vector<Key>& keys();

/// The key declared at `path`, or null.
[[nodiscard]] const Key* find_key(std::string_view path);

/// A dotted path's value (`import.max_pending`, `feeds.visa-auth.source`), or empty.
[[nodiscard]] std::optional<Value> lookup(const Value& root, std::string_view path);

/// The tree as YAML, secrets as ***; with_origin appends `# origin` to each scalar.
[[nodiscard]] std::string render(const Value& root, bool with_origin);

/// The tree as JSON, secrets as ***: every scalar a string, nothing null.
[[nodiscard]] std::string render_json(const Value& root);

/// One YAML text as a tree, strictly (for rule files and tests). `name` appears in errors.
[[nodiscard]] Value parse(std::string_view yaml, const std::string& name);

} // namespace harmonia::config
