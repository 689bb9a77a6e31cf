// `harmonia config`: what is in force, where it comes from, and whether every command can read it.
#include "core/config/config.hpp"

#include "cli/config/areas.hpp"
#include "cli/config/explain.hpp"
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/broker/session.hpp"
#include "core/config/compiled_in.hpp"
#include "core/json/writer.hpp"
#include "jobs/config_store/store.hpp"

#include <fmt/format.h>

#include <set>

namespace harmonia::cli {
namespace {

using config::Key;
using config::Value;

constexpr std::size_t k_comment_columns = 100; // as the shipped files have them

/// `text` as comment lines of at most k_comment_columns.
std::string as_comment(const std::string& text) {
    std::string out, line = "#";
    for (const auto word : split(text, ' ')) {
        if (line.size() + 1 + word.size() > k_comment_columns) {
            out += line + "\n";
            line.resize(1); // the mark
        }
        line += ' ';
        line += word;
    }
    return out + line + "\n";
}

class Config final : public Command {
public:
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(Arguments arguments) override {
        arguments.require_subcommand();
        check_ = arguments.subcommand("check", "read every section as the commands would");
        check_.flag("--connect", connect_, "also connect to the databases and brokers");
        show_ = arguments.subcommand("show", "print the values in force, secrets masked");
        show_.text("KEY", key_, "only this part, for example feeds.visa-auth [default: all]");
        show_.flag("--origin", origin_, "also print where each value comes from");
        explain_ = arguments.subcommand("explain", "explain a key, a section or a feed");
        explain_.text("KEY", key_, "for example import.max_pending, feeds or alerts.channels")
            .required();
        example_ = arguments.subcommand("example", "print a shipped feed's commented declaration");
        example_.text("FEED", feed_, "a shipped feed, for example visa-auth").required();
        get_ = arguments.subcommand("get", "print the value in force of one key");
        set_ = arguments.subcommand("set", "change a live key in the database");
        for (Arguments* verb : {&get_, &set_})
            verb->text("KEY", key_, "for example import.max_pending").required();
        set_.text("VALUE", value_, "the new value");
        set_.flag("--default", unset_, "remove the value that was set");
        list_ = arguments.subcommand("list", "list all keys with their values and origins");
    }

    Report run(Context& context) override {
        if (check_.parsed())
            return check(context);
        if (set_.parsed())
            return set(context);
        if (example_.parsed())
            return example();
        add_store(context);
        if (show_.parsed())
            return show(context);
        if (explain_.parsed())
            return explain_path(context.config, key_);
        return get_.parsed() ? get(context) : list(context);
    }

private:
    /// Adds the live keys of the database. While it is down, the rest can still be looked at.
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
        json::Writer writer;
        writer.open('{').key("errors").open('[');
        for (const auto& [area, message, hint] : findings.mistakes) {
            report.text += fmt::format("error: {}: {}\n{}", area, message,
                                       hint.empty() ? "" : fmt::format("  HINT: {}\n", hint));
            writer.open('{')
                .member("area", area)
                .member("message", message)
                .member("hint", hint)
                .close('}');
        }
        writer.close(']').key("warnings").open('[');
        for (const std::string& warning : findings.warnings) {
            report.text += "warning: " + warning + "\n";
            writer.string(warning);
        }
        report.exit = findings.mistakes.empty() ? Exit::done : Exit::config;
        if (findings.mistakes.empty())
            report.text += "the configuration is sound\n";
        report.counts = {{"errors", static_cast<std::int64_t>(findings.mistakes.size())},
                         {"warnings", static_cast<std::int64_t>(findings.warnings.size())}};
        report.data_json = writer.close(']').close('}').take();
        return report;
    }

    [[nodiscard]] Report show(const Context& context) const {
        const auto value = config::lookup(context.config, key_);
        if (!value)
            refuse_path(context.config, key_);
        return {Exit::done,
                {},
                std::string(trim(config::render(*value, origin_))) + "\n",
                config::render_json(*value)};
    }

    [[nodiscard]] Report example() const {
        const config::ShippedFeed* feed = config::find_shipped_feed(feed_);
        if (!feed)
            refuse_feed();
        return {Exit::done,
                {},
                as_comment(
                    fmt::format("{}, as shipped in {}. {}", feed->name, feed->file, feed->about)) +
                    feed->text,
                json::Writer()
                    .open('{')
                    .member("feed", feed->name)
                    .member("file", feed->file)
                    .member("about", feed->about)
                    .member("yaml", feed->text)
                    .close('}')
                    .take()};
    }

    [[noreturn]] void refuse_feed() const {
        std::vector<std::string> names;
        for (const config::ShippedFeed& feed : config::shipped_feeds())
            names.push_back(feed.name);
        const auto near = nearest(feed_, names);
        throw Error(Exit::usage, fmt::format("there is no shipped feed '{}'", printable(feed_)),
                    near ? fmt::format("Did you mean '{}'?", *near)
                         : fmt::format("Shipped feeds: {}.", join(names, ", ")));
    }

    [[nodiscard]] Report get(const Context& context) const {
        const auto value = config::lookup(context.config, key_);
        if (!value)
            refuse_path(context.config, key_);
        const bool single = value->kind() == Value::Kind::scalar;
        return {Exit::done,
                {},
                single ? shown_value(*value, key_) + "\n" : config::render(*value, false),
                config::render_json(*value)};
    }

    [[nodiscard]] Report set(const Context& context) const {
        const Key* key = config::find_key(key_);
        if (!key)
            refuse_path(context.config, key_);
        if (!key->live)
            throw Error(Exit::usage, fmt::format("'{}' is not a live key", key_),
                        fmt::format("Set it in a configuration file, or as {}.",
                                    config::variable_of(key_)));
        if (unset_ != value_.empty())
            throw Error(Exit::usage, "either VALUE or --default is required");
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
        json::Writer writer;
        writer.open('[');
        for (const Key& key : config::keys()) {
            const auto value = config::lookup(context.config, key.path);
            rows.push_back({key.path, shown_value(*value, key.path), value->origin().text(),
                            key.live ? "live" : ""});
            writer.open('{')
                .member("key", key.path)
                .member("value", rows.back()[1])
                .member("origin", rows.back()[2])
                .member("live", key.live)
                .close('}');
        }
        report.text = table(rows);
        report.data_json = writer.close(']').take();
        return report;
    }

    Arguments check_, show_, explain_, example_, get_, set_, list_;
    std::string key_, value_, feed_;
    bool connect_ = false, origin_ = false, unset_ = false;
};

} // namespace

std::unique_ptr<Command> make_config() {
    return std::make_unique<Config>();
}

} // namespace harmonia::cli
