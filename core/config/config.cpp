#include "core/config/config.hpp"

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/config/compiled_in.hpp"
#include "core/config/layers.hpp"
#include "core/config/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace harmonia::config {

namespace {

constexpr const char* k_system_file = "/etc/harmonia/config.yaml";
constexpr const char* k_flag = "flag";
constexpr std::uint64_t k_file_bytes_max = 4 * 1024 * 1024; // as parse()

// Variables of the program that are not configuration (docs/reference/configuration.md).
constexpr std::array<std::string_view, 6> k_own_variables = {
    "HARMONIA_FAILPOINT_FILE", "HARMONIA_FAILPOINT_TRACE",       "HARMONIA_KEEP_TEST_DB",
    "HARMONIA_HANDBOOK_DIR",   "HARMONIA_BROKER_MANAGEMENT_URL", "HARMONIA_TEST_"};

bool is_own(std::string_view name) {
    return std::any_of(
        k_own_variables.begin(), k_own_variables.end(),
        [&](std::string_view own) {
            return own.ends_with('_') ? name.starts_with(own) : name == own;
        });
}

Value parse_map(std::string_view text, const std::string& name) {
    Value value = parse(text, name);
    if (value.kind() != Value::Kind::null)
        static_cast<void>(value.map());
    return value;
}

Value read_layer(const std::string& path) {
    std::string text;
    try {
        text = read_file(path, k_file_bytes_max);
    } catch (const Error& error) {
        throw Error(Exit::config, error.what(), error.hint());
    }
    return parse_map(text, path);
}

/// Dotted paths of single values; items of a list by their names.
void leaf_paths(const Value& value, const std::string& path, std::vector<std::string>& paths) {
    switch (value.kind()) {
    case Value::Kind::null:
    case Value::Kind::scalar:
        paths.push_back(path);
        return;
    case Value::Kind::map:
        for (const auto& [key, child] : value.map())
            leaf_paths(child, child_path(path, key), paths);
        return;
    case Value::Kind::list:
        for (const Value& item : value.list()) {
            if (item.kind() != Value::Kind::map)
                continue;
            const Value* name = item.find("name");
            if (name && name->kind() == Value::Kind::scalar)
                leaf_paths(item, child_path(path, name->scalar()), paths);
        }
    }
}

Value apply_environment(Value root, const Layers& layers) {
    if (layers.environment.empty())
        return root;
    std::vector<std::string> paths, names;
    leaf_paths(root, "", paths);
    for (const std::string& path : paths)
        names.push_back(variable_of(path));
    for (const auto& [name, text] : layers.environment) {
        if (is_own(name))
            continue;
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            const auto near = nearest(name, names);
            throw Error(
                Exit::config,
                "environment variable " + printable(name, 80) + " names no configuration key",
                near ? "Did you mean " + *near + "?" : "'harmonia config list' lists the keys.");
        }
        if (std::find(found + 1, names.end(), name) != names.end())
            throw Error(Exit::config,
                        "environment variable " + name + " names two configuration keys");
        if (find_bad_utf8(text) != std::string_view::npos)
            throw Error(Exit::config, "environment variable " + name + " is not UTF-8 text");
        root = set_leaf(root, paths[static_cast<std::size_t>(found - names.begin())], text,
                        Origin{name});
    }
    return root;
}

Value apply_flags(Value root, const Layers& layers) {
    for (const auto& [path, text] : layers.flags) {
        if (!find_key(path))
            throw Error(Exit::config, "flag: unknown key " + printable(path, 80));
        root = set_leaf(root, path, text, Origin{k_flag});
    }
    return root;
}

/// A map that the defaults fill is closed: it has the keys they name and no others. `matching` is
/// open: its keys are merchants, read by the loader of their rules.
void refuse_unknown(const Value& declared, const Value& value) {
    if (declared.kind() != Value::Kind::map || declared.map().empty())
        return;
    if (declared.path() == "matching")
        return;
    std::vector<std::string> known;
    for (const auto& [key, child] : declared.map())
        known.push_back(key);
    for (const auto& [key, child] : value.map()) {
        if (const Value* below = declared.find(key)) {
            refuse_unknown(*below, child);
            continue;
        }
        const auto near = nearest(key, known);
        child.fail("unknown key '" + printable(key, 60) + "'",
                   near ? "Did you mean '" + *near + "'?"
                        : "Known here: " + join(known, ", ") + ".");
    }
}

} // namespace

std::string variable_of(std::string_view path) {
    std::string name = "HARMONIA_";
    for (const char c : path) {
        const bool lower = c >= 'a' && c <= 'z';
        name += lower ? static_cast<char>(c - 'a' + 'A') : (c == '.' || c == '-' ? '_' : c);
    }
    return name;
}

Value with_store(const Value& root, const std::vector<std::pair<std::string, std::string>>& store) {
    Value result = root;
    for (const auto& [path, text] : store) {
        const Key* key = find_key(path);
        if (!key || !key->live)
            throw Error(Exit::config, "database: " + printable(path, 80) + " is not a live key",
                        "Remove its row from ops.config_item.");
        const std::string& source = lookup(root, path)->origin().source;
        if (source != variable_of(path) && source != k_flag)
            result = set_leaf(result, path, text, Origin{"database"});
    }
    return repath(result, "");
}

Value load(const Layers& layers) {
    const Value lowest = defaults();
    Value root = lowest;
    std::vector<std::string> files;
    if (std::error_code none; std::filesystem::exists(k_system_file, none))
        files.emplace_back(k_system_file);
    if (layers.file)
        files.push_back(*layers.file);
    for (const std::string& path : files)
        root = merge(root, read_layer(path));
    root = expand(root);
    for (const Alias& alias : layers.aliases)
        root = set_leaf(root, alias.path, alias.text, Origin{alias.variable});
    root = apply_environment(std::move(root), layers);
    root = apply_flags(std::move(root), layers);
    root = repath(root, "");
    refuse_unknown(lowest, root);
    root = with_store(root, layers.store);
    if (const Value* version = root.find("version"); !version || version->scalar() != "1")
        (version ? *version : root).fail("must be 1, the version that this program reads");
    return root;
}

std::vector<std::pair<std::string, std::string>> environment_layer() {
    std::vector<std::pair<std::string, std::string>> found;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (!text.starts_with("HARMONIA_") || equals == std::string_view::npos)
            continue;
        if (is_own(text.substr(0, equals)))
            continue;
        found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<Value> lookup(const Value& root, std::string_view path) {
    Value at = root;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const std::string_view key = path.substr(0, dot);
        path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
        const Value* next = nullptr;
        if (at.kind() == Value::Kind::map) {
            next = at.find(key);
        } else if (at.kind() == Value::Kind::list) {
            for (const Value& item : at.list()) {
                const Value* name = item.kind() == Value::Kind::map ? item.find("name") : nullptr;
                if (name && name->kind() == Value::Kind::scalar && name->scalar() == key)
                    next = &item;
            }
        }
        if (!next)
            return std::nullopt;
        at = Value(*next);
    }
    return at;
}

} // namespace harmonia::config
