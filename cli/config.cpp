#include "core/config/config.hpp"

#include "cli/command.hpp"
#include "cli/config_areas.hpp"
#include "cli/output.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/broker/session.hpp"
#include "core/config/secret.hpp"
#include "jobs/config_store/store.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <set>

namespace harmonia::cli {
namespace {

using config::Key;
using config::Value;

[[noreturn]] void refuse_key(const std::string& path) {
    std::vector<std::string> paths;
    for (const Key& key : config::keys())
        paths.push_back(key.path);
    const auto near = nearest(path, paths);
    throw Error(Exit::usage, fmt::format("there is no configuration key '{}'", printable(path)),
                near ? fmt::format("Did you mean '{}'?", *near)
                     : "'harmonia config list' lists the keys.");
}

/// One line: a single value as it may be shown, anything else as JSON.
std::string shown(const Value& value, const std::string& path) {
    if (value.kind() != Value::Kind::scalar)
        return config::render_json(value);
    const std::string text = config::mask_credentials(value.scalar());
    return config::is_secret(path) && !text.empty() ? "***" : text;
}

class Config final : public Command {
public:
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(CLI::App& app) override {
        app.require_subcommand(1);
        check_ = app.add_subcommand("check", "read every section as the commands would");
        check_->add_flag("--connect", connect_, "also ask the databases and brokers");
        show_ = app.add_subcommand("show", "the values in force, secrets hidden");
        show_->add_flag("--origin", origin_, "beside each value: where it comes from");
        explain_ = app.add_subcommand("explain", "what a key means, its default and value");
        get_ = app.add_subcommand("get", "the value in force of one key");
        set_ = app.add_subcommand("set", "change a live key in the database");
        for (CLI::App* sub : {explain_, get_, set_})
            sub->add_option("KEY", key_, "for instance import.max_pending")->required();
        set_->add_option("VALUE", value_);
        set_->add_flag("--default", unset_, "forget what was set");
        list_ = app.add_subcommand("list", "all keys, their values and origins");
    }

    Report run(Context& context) override {
        if (check_->parsed())
            return check(context);
        if (set_->parsed())
            return set(context);
        add_store(context);
        if (show_->parsed())
            return show(context);
        if (explain_->parsed())
            return explain(context);
        return get_->parsed() ? get(context) : list(context);
    }

private:
    /// What is in force needs the database; without it the rest can still be looked at.
    static void add_store(Context& context) {
        auto settings = context.database();
        settings.connect_wait = std::chrono::milliseconds(0);
        try {
            const auto connection = db::connect(settings);
            context.config = config::with_store(context.config, config_store::read(*connection));
        } catch (const db::Failure& failure) {
            log::warn("live keys of the database are not shown", {{"error", failure.what()}});
        }
    }

    void ask_servers(const Context& context, Findings& findings) const {
        std::vector<std::string> roles{"default"};
        for (const auto& [role, value] : config::lookup(context.config, "roles")->map())
            roles.push_back(role);
        for (const std::string& role : roles)
            findings.attempt("database", [&] {
                auto settings = context.database(role);
                settings.connect_wait = std::chrono::milliseconds(0);
                const auto connection = db::connect(settings);
                static_cast<void>(
                    config::with_store(context.config, config_store::read(*connection)));
            });
        findings.attempt("broker", [&] {
            auto settings = context.broker();
            settings.connect_wait_ms = 0;
            broker::Session session(settings);
        });
    }

    Report check(const Context& context) const {
        Findings findings = check_areas(context.config);
        if (connect_)
            ask_servers(context, findings);
        Report report;
        std::string mistakes, warnings;
        for (const auto& [area, message, hint] : findings.mistakes) {
            report.text += fmt::format("error: {}: {}\n{}", area, message,
                                       hint.empty() ? "" : fmt::format("  HINT: {}\n", hint));
            mistakes += fmt::format(R"({}{{"area": {}, "message": {}, "hint": {}}})",
                                    mistakes.empty() ? "" : ", ", json_quoted(area),
                                    json_quoted(message), json_quoted(hint));
        }
        for (const std::string& warning : findings.warnings) {
            report.text += "warning: " + warning + "\n";
            warnings += (warnings.empty() ? "" : ", ") + json_quoted(warning);
        }
        report.exit = findings.mistakes.empty() ? Exit::done : Exit::config;
        if (findings.mistakes.empty())
            report.text += "the configuration is sound\n";
        report.counts = {{"errors", static_cast<std::int64_t>(findings.mistakes.size())},
                         {"warnings", static_cast<std::int64_t>(findings.warnings.size())}};
        report.data_json =
            fmt::format(R"({{"errors": [{}], "warnings": [{}]}})", mistakes, warnings);
        return report;
    }

    [[nodiscard]] Report show(const Context& context) const {
        return {Exit::done,
                {},
                config::render(context.config, origin_),
                config::render_json(context.config)};
    }

    [[nodiscard]] Report explain(const Context& context) const {
        Report report;
        for (const Key& key : config::keys()) {
            if (key.path != key_ && !key.path.starts_with(key_ + "."))
                continue;
            const auto value = config::lookup(context.config, key.path);
            report.text += fmt::format(
                "{}{}\n  {}\n  default:  {}\n  in force: {} ({})\n  variable: {}\n", key.path,
                key.live ? " (live)" : "", key.help, printable(key.default_text),
                shown(*value, key.path), value->origin().text(), config::variable_of(key.path));
            report.data_json +=
                (report.data_json.empty() ? "[" : ", ") +
                fmt::format(R"({{"key": {}, "help": {}, "default": {}, "live": {}, "value": {}, )"
                            R"("origin": {}, "variable": {}}})",
                            json_quoted(key.path), json_quoted(key.help),
                            json_quoted(key.default_text), key.live,
                            json_quoted(shown(*value, key.path)),
                            json_quoted(value->origin().text()),
                            json_quoted(config::variable_of(key.path)));
        }
        if (report.text.empty())
            refuse_key(key_);
        report.data_json += "]";
        return report;
    }

    [[nodiscard]] Report get(const Context& context) const {
        const auto value = config::lookup(context.config, key_);
        if (!value)
            refuse_key(key_);
        const bool single = value->kind() == Value::Kind::scalar;
        return {Exit::done,
                {},
                single ? shown(*value, key_) + "\n" : config::render(*value, false),
                config::render_json(*value)};
    }

    [[nodiscard]] Report set(const Context& context) const {
        const Key* key = config::find_key(key_);
        if (!key)
            refuse_key(key_);
        if (!key->live)
            throw Error(Exit::usage, fmt::format("'{}' is not a live key", key_),
                        fmt::format("Set it in a configuration file, or as {}.",
                                    config::variable_of(key_)));
        if (unset_ != value_.empty())
            throw Error(Exit::usage, "give either a VALUE or --default");
        if (!unset_)
            must_be_sound(context);
        const auto connection = db::connect(context.database());
        if (unset_)
            return {Exit::done, {{"changed", config_store::unset(*connection, key_)}}, "", ""};
        config_store::set(*connection, key_, value_);
        return {Exit::done, {{"changed", 1}}, "", ""};
    }

    /// A value that a later run would refuse must not get into the database.
    void must_be_sound(const Context& context) const {
        std::set<std::string> known;
        for (const auto& mistake : check_areas(context.config).mistakes)
            known.insert(mistake.message);
        const auto changed = config::with_store(context.config, {{key_, value_}});
        for (const auto& [area, message, hint] : check_areas(changed).mistakes)
            if (!known.contains(message))
                throw Error(Exit::config, message, hint);
    }

    [[nodiscard]] static Report list(const Context& context) {
        Report report;
        std::vector<std::vector<std::string>> rows{{"key", "value", "origin", "live"}};
        for (const Key& key : config::keys()) {
            const auto value = config::lookup(context.config, key.path);
            rows.push_back({key.path, shown(*value, key.path), value->origin().text(),
                            key.live ? "live" : ""});
            report.data_json +=
                fmt::format(R"({}{{"key": {}, "value": {}, "origin": {}, "live": {}}})",
                            report.data_json.empty() ? "[" : ", ", json_quoted(key.path),
                            json_quoted(rows.back()[1]), json_quoted(rows.back()[2]), key.live);
        }
        report.text = table(rows);
        report.data_json += "]";
        return report;
    }

    CLI::App *check_ = nullptr, *show_ = nullptr, *explain_ = nullptr, *get_ = nullptr,
             *set_ = nullptr, *list_ = nullptr;
    std::string key_, value_;
    bool connect_ = false, origin_ = false, unset_ = false;
};

} // namespace

std::unique_ptr<Command> make_config() {
    return std::make_unique<Config>();
}

} // namespace harmonia::cli
