#include "cli/frame/aliases.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace harmonia::cli {
namespace {

enum class Form { text, port, processes, seconds, days, flag, level, postgres, tls, amqp };

struct Rule {
    const char *role, *variable, *path;
    Form form;
};

const std::vector<Rule>& rules() {
    static const std::vector<Rule> k_rules{
#define ALIAS(role, variable, path, form) {role, variable, path, Form::form},
#include "cli/frame/aliases.def"
#undef ALIAS
    };
    return k_rules;
}

[[noreturn]] void refuse(const Rule& rule, const std::string& text, const char* wanted) {
    throw Error(Exit::config, fmt::format("environment variable {} must be {}, got '{}'",
                                          rule.variable, wanted, printable(text, 80)));
}

/// A decimal number of units of `unit_ms` as a duration.
std::string duration(const Rule& rule, const std::string& text, long long unit_ms) {
    constexpr double k_ms_max = 1e13; // three hundred years
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const double ms = value * static_cast<double>(unit_ms);
    if (text.empty() || *end != '\0' || !(ms >= 0) || ms > k_ms_max)
        refuse(rule, text, rule.form == Form::days ? "a number of days" : "a number of seconds");
    return fmt::format("{}ms", std::llround(ms));
}

/// Harmonia has threads only: as many as the processes had together.
std::string threads(const Rule& rule, const std::string& processes, const char* each) {
    constexpr long long k_each = 3; // the original's default
    const auto count = parse_int(processes);
    const auto per_process = each == nullptr ? k_each : parse_int(each).value_or(0);
    if (!count || *count < 1 || *count > 1'000 || per_process < 1 || per_process > 1'000)
        refuse(rule, processes, "a number from 1 to 1000, and WEBSERVER_THREADS too");
    return std::to_string(*count * per_process);
}

std::string flag(const std::string& text) {
    const std::string lower = to_lower(trim(text));
    return lower.empty() || lower == "false" || lower == "off" || lower == "no" ? "false" : "true";
}

/// `postgresql+driver://…` as libpq knows it.
std::string postgres_url(const std::string& text) {
    const auto plus = text.find('+'), colon = text.find("://");
    if (plus == std::string::npos || colon == std::string::npos || plus > colon)
        return text;
    return text.substr(0, plus) + text.substr(colon);
}

using Find = std::function<const char*(const char*)>;

/// The original took any text for true, even `False`; here `False` means false.
std::string tls(const Rule& rule, const std::string& text) {
    const std::string lower = to_lower(trim(text));
    if (lower != "true" && lower != "false")
        refuse(rule, text, "true or false");
    return lower == "true" ? "implicit" : "none";
}

std::string percent_encoded(const std::string& text) {
    std::string out;
    for (const char c : text)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_' || c == '.')
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

std::string amqp_url(const std::string& host, const Find& find) {
    const auto other = [&](const char* name, const char* otherwise) {
        const char* text = find(name);
        return std::string(text == nullptr ? otherwise : text);
    };
    return fmt::format("amqp://{}:{}@{}:{}/{}",
                       percent_encoded(other("MESSAGE_BROKER_SERVICE_USERNAME", "guest")),
                       percent_encoded(other("MESSAGE_BROKER_SERVICE_PASSWORD", "guest")), host,
                       other("MESSAGE_BROKER_SERVICE_PORT", "5672"),
                       percent_encoded(other("MESSAGE_BROKER_SERVICE_VIRTUALHOST", "/")));
}

std::string translated(const Rule& rule, const std::string& text, const Find& find) {
    switch (rule.form) {
    case Form::text:
        return text;
    case Form::port:
        if (const auto port = parse_int(text); !port || *port < 0 || *port > 65535)
            refuse(rule, text, "a port number");
        return "127.0.0.1:" + text;
    case Form::processes:
        return threads(rule, text, find("WEBSERVER_THREADS"));
    case Form::seconds:
        return duration(rule, text, 1'000);
    case Form::days:
        return duration(rule, text, 86'400'000);
    case Form::flag:
        return flag(text);
    case Form::level:
        return to_lower(text) == "warning" ? "warn" : to_lower(text);
    case Form::postgres:
        return postgres_url(text);
    case Form::tls:
        return tls(rule, text);
    case Form::amqp:
        return amqp_url(text, find);
    }
    return text;
}

} // namespace

std::vector<std::string> alias_roles() {
    std::vector<std::string> roles;
    for (const Rule& rule : rules())
        if (std::find(roles.begin(), roles.end(), rule.role) == roles.end())
            roles.emplace_back(rule.role);
    return roles;
}

std::vector<config::Alias> alias_layer(const std::vector<std::string>& roles, const Find& find) {
    std::vector<config::Alias> layer;
    for (const Rule& rule : rules()) {
        const char* text = find(rule.variable);
        if (text == nullptr || std::find(roles.begin(), roles.end(), rule.role) == roles.end())
            continue;
        if (roles.size() > 1)
            throw Error(Exit::config,
                        fmt::format("environment variable {} does not say which role it is for",
                                    rule.variable),
                        fmt::format("This process plays {}; set {} instead.", join(roles, " and "),
                                    config::variable_of(rule.path)));
        layer.push_back({rule.variable, rule.path, translated(rule, text, find)});
    }
    return layer;
}

} // namespace harmonia::cli
