#include "cli/command.hpp"
#include "core/base/files.hpp"

#include <fmt/format.h>

#include <set>

namespace harmonia::cli {
namespace {

std::string text_or(const config::Value& root, const std::string& path,
                    const std::string& otherwise) {
    const auto value = config::lookup(root, path);
    return value && value->kind() != config::Value::Kind::null ? value->as_text() : otherwise;
}

// A named database or broker has its own section below `databases:` or `brokers:`.
std::string section(std::string_view kind, std::string_view name) {
    return name == "default" ? std::string(kind) : fmt::format("{}s.{}", kind, name);
}

} // namespace

db::Settings Context::database(std::string_view role) const {
    const std::string name = text_or(config, fmt::format("roles.{}.database", role), "default");
    const std::string at = section("database", name);
    db::Settings settings;
    settings.dsn = text_or(config, at + ".dsn", "");
    settings.password_file = text_or(config, at + ".password_file", "");
    settings.application_name = fmt::format("harmonia/{}/{}", command, run_id.substr(0, 8));
    return settings;
}

broker::Settings Context::broker(std::string_view name) const {
    const std::string at = section("broker", name);
    broker::Settings settings;
    settings.url = text_or(config, at + ".url", settings.url);
    settings.password_file = text_or(config, at + ".password_file", "");
    settings.connection_name = fmt::format("harmonia/{}/{}", command, run_id.substr(0, 8));
    return settings;
}

std::vector<std::string> Context::database_names() const {
    std::vector<std::string> names{"default"};
    if (const auto named = config::lookup(config, "databases"))
        if (named->kind() == config::Value::Kind::map)
            for (const auto& [name, value] : named->map())
                names.push_back(name);
    return names;
}

} // namespace harmonia::cli
