#include "cli/config/explain.hpp"

#include "core/base/text.hpp"
#include "core/config/compiled_in.hpp"
#include "core/config/config.hpp"
#include "core/config/secret.hpp"
#include "core/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace harmonia::cli {
namespace {

using config::Key;
using config::Value;
using Kind = Value::Kind;

constexpr int k_suggested_depth = 2; // feeds.visa-auth, but not each of its keys

bool is_scalar(const Value& value) {
    return value.kind() == Kind::scalar || value.kind() == Kind::null;
}

/// Children that have names: keys of a map, items of a list that carry `name`.
std::vector<std::pair<std::string, Value>> named_children(const Value& value) {
    std::vector<std::pair<std::string, Value>> out;
    if (value.kind() == Kind::map)
        return value.map();
    if (value.kind() == Kind::list)
        for (const Value& item : value.list()) {
            const Value* name = item.kind() == Kind::map ? item.find("name") : nullptr;
            if (name && name->kind() == Kind::scalar)
                out.emplace_back(name->scalar(), item);
        }
    return out;
}

void add_paths(const Value& value, const std::string& path, int depth,
               std::vector<std::string>& out) {
    for (const auto& [name, child] : named_children(value)) {
        out.push_back(path.empty() ? name : path + "." + name);
        if (depth > 1)
            add_paths(child, out.back(), depth - 1, out);
    }
}

/// `feeds.NAME.source` with the names that were asked for: `feeds.visa-auth.source`.
std::string with_names(const std::string& path, const std::string& asked) {
    const auto parts = split(path, '.'), names = split(asked, '.');
    std::vector<std::string> out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool placeholder = std::all_of(parts[i].begin(), parts[i].end(),
                                             [](char c) { return c >= 'A' && c <= 'Z'; });
        out.emplace_back(placeholder && i < names.size() ? names[i] : parts[i]);
    }
    return join(out, ".");
}

/// What is said of one key.
struct Explained {
    std::string path, help;
    bool live = false;
    std::optional<std::string> default_text, value, origin, variable;
};

Explained explained(const Value& root, const config::Explanation& one, const std::string& asked) {
    Explained out;
    out.path = with_names(one.path, asked);
    out.help = one.help;
    if (const Key* key = config::find_key(out.path)) {
        out.default_text = key->default_text;
        out.live = key->live;
    } else if (!one.default_text.empty()) {
        out.default_text = one.default_text;
    }
    const auto value = config::lookup(root, out.path);
    if (!value)
        return out;
    if (is_scalar(*value)) {
        out.value = shown_value(*value, out.path);
        out.origin = value->origin().text();
        out.variable = config::variable_of(out.path);
    } else if (const auto children = named_children(*value); !children.empty()) {
        std::vector<std::string> names;
        for (const auto& [name, child] : children)
            names.push_back(name);
        out.value = join(names, ", ");
    } else {
        out.value = shown_value(*value, out.path);
        out.origin = value->origin().text();
    }
    return out;
}

std::string text_of(const Explained& one) {
    std::string out = fmt::format("{}{}\n", one.path, one.live ? " (live)" : "");
    if (!one.help.empty())
        out += fmt::format("  {}\n", one.help);
    if (one.default_text)
        out += fmt::format("  default:  {}\n", printable(*one.default_text));
    if (one.value)
        out += fmt::format("  in force: {}{}\n", *one.value,
                           one.origin ? fmt::format(" ({})", *one.origin) : "");
    if (one.variable)
        out += fmt::format("  variable: {}\n", *one.variable);
    return out;
}

} // namespace

std::string shown_value(const Value& value, const std::string& path) {
    if (value.kind() != Kind::scalar)
        return config::render_json(value);
    const std::string text = config::mask_credentials(value.scalar());
    return config::is_secret(path) && !text.empty() ? "***" : text;
}

void refuse_path(const Value& root, const std::string& path) {
    std::vector<std::string> paths;
    for (const Key& key : config::keys())
        paths.push_back(key.path);
    add_paths(root, "", k_suggested_depth, paths);
    const auto near = nearest(path, paths);
    throw Error(Exit::usage, fmt::format("there is no configuration key '{}'", printable(path)),
                near ? fmt::format("Did you mean '{}'?", *near)
                     : "'harmonia config list' lists the keys.");
}

Report explain_path(const Value& root, const std::string& path) {
    const auto found = config::explain(path);
    if (found.empty())
        refuse_path(root, path);
    Report report;
    json::Writer writer;
    writer.open('[');
    std::set<std::string> seen; // `matching.default` is declared and is a MERCHANT too
    for (const config::Explanation& explanation : found) {
        const Explained one = explained(root, explanation, path);
        if (!seen.insert(one.path).second)
            continue;
        report.text += text_of(one);
        writer.open('{')
            .member("key", one.path)
            .member("help", one.help)
            .member("default", one.default_text)
            .member("live", one.live)
            .member("value", one.value)
            .member("origin", one.origin)
            .member("variable", one.variable)
            .close('}');
    }
    report.data_json = writer.close(']').take();
    return report;
}

} // namespace harmonia::cli
