// Settings of the databases and brokers that a command uses, by role and name.
#include "cli/frame/command.hpp"
#include "core/config/secret.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

std::string text_or(const config::Value& root, const std::string& path,
                    const std::string& otherwise) {
    const auto value = config::lookup(root, path);
    return value && value->kind() != config::Value::Kind::null ? value->as_text() : otherwise;
}

constexpr std::string_view k_chores = "chores"; // the accounting authority's internal messages

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
    if (const std::string file = text_or(config, at + ".password_file", ""); !file.empty())
        settings.password_file = config::located_secret(file);
    settings.application_name = fmt::format("harmonia/{}/{}", command, run_id.substr(0, 8));
    return settings;
}

broker::Settings Context::broker(std::string_view name) const {
    broker::Settings settings;
    settings.connection_name = fmt::format("harmonia/{}/{}", command, run_id.substr(0, 8));
    const std::string at = section("broker", name);
    const auto declared = config::lookup(config, at);
    if (!declared && name == k_chores) // a broker of its own is optional
        return broker();
    if (!declared)
        throw Error(Exit::config, fmt::format("unknown broker '{}'", name),
                    fmt::format("Declare it as {} in the configuration.", at));
    config::Reader reader(*declared);
    settings.url = reader.text("url", settings.url);
    settings.password = config::secret(reader, "password").value_or("");
    settings.ca_file = reader.text("ca_file", settings.ca_file);
    if (const auto beat = reader.optional("heartbeat"))
        settings.heartbeat_s = static_cast<int>(beat->as_duration_ms() / 1000);
    if (const auto wait = reader.optional("connect_timeout"))
        settings.connect_timeout_ms = static_cast<int>(wait->as_duration_ms());
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
