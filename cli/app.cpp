#include "cli/app.hpp"

#include "cli/aliases.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/version.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "core/observe/job_run.hpp"
#include "jobs/config_store/store.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace harmonia::cli {
namespace {

struct Options {
    std::string config_file, role, log_level, log_format, progress = "auto";
    bool json = false, no_color = false;
};

struct Entry {
    const CommandEntry* entry;
    std::unique_ptr<Command> command;
    CLI::App* app;
};

void add_global_options(CLI::App& app, Options& options) {
    app.add_option("--config", options.config_file, "configuration file")->type_name("FILE");
    app.add_option("--role", options.role,
                   "take the variables of the program that this role replaces")
        ->check(CLI::IsMember(alias_roles()))
        ->type_name("ROLE");
    app.add_flag("--json", options.json, "print one JSON object on standard output");
    app.add_option("--log-level", options.log_level, "trace, debug, info, warn or error");
    app.add_option("--log-format", options.log_format, "auto, text, logfmt or json");
    app.add_option("--progress", options.progress, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    app.add_flag("--no-color", options.no_color, "no colours, also with NO_COLOR set");
    app.set_version_flag("--version", std::string("harmonia ") + k_version);
}

std::vector<Entry> add_commands(CLI::App& app) {
    std::vector<Entry> entries;
    for (const CommandEntry& entry : commands()) {
        CLI::App* sub = app.add_subcommand(entry.name, entry.summary);
        sub->fallthrough();
        entries.push_back({&entry, entry.make(), sub});
        entries.back().command->setup(*sub);
    }
    return entries;
}

// The library says only that a subcommand is required; say which one was probably meant.
void refuse_unknown_command(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--config" || word == "--role" || word == "--log-level" ||
            word == "--log-format" || word == "--progress")
            ++i;
        else if (!word.starts_with('-')) {
            std::vector<std::string> names;
            for (const CommandEntry& entry : commands())
                names.emplace_back(entry.name);
            if (std::find(names.begin(), names.end(), word) != names.end())
                return;
            const auto near = nearest(word, names);
            throw Error(Exit::usage,
                        fmt::format("unknown command '{}'{}", printable(word),
                                    near ? fmt::format(", did you mean '{}'?", *near) : ""),
                        "harmonia --help lists the commands.");
        }
    }
}

void say_error(const Options& options, const Context& context, Exit exit,
               const std::string& message, const std::string& hint) {
    std::fputs(fmt::format("harmonia{}{}: {}\n", context.command.empty() ? "" : " ",
                           context.command, message)
                   .c_str(),
               stderr);
    if (!hint.empty())
        std::fputs(fmt::format("HINT: {}\n", hint).c_str(), stderr);
    if (options.json)
        std::fputs(error_json(context, exit, message, hint).c_str(), stdout);
}

Context make_context(const Options& options, const Entry& entry) {
    Context context;
    context.command = entry.entry->name;
    context.run_id = observe::new_run_id();
    context.json = options.json;
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    context.progress =
        options.progress == "always" || (options.progress == "auto" && terminal && !options.json);
    context.color = !options.no_color && std::getenv("NO_COLOR") == nullptr;
    return context;
}

void load_configuration(const Options& options, std::vector<std::string> roles, Context& context) {
    config::Layers layers;
    if (!options.role.empty())
        roles = {options.role};
    layers.aliases = alias_layer(roles, [](const char* name) { return std::getenv(name); });
    if (!options.config_file.empty())
        layers.file = options.config_file;
    layers.environment = config::environment_layer();
    if (!options.log_level.empty())
        layers.flags.emplace_back("log.level", options.log_level);
    if (!options.log_format.empty())
        layers.flags.emplace_back("log.format", options.log_format);
    context.config = config::load(layers);
    const auto text = [&](const char* path) {
        return config::lookup(context.config, path)->as_text();
    };
    log::configure(text("log.level"), text("log.format"), context.color);
    log::set_context("run", context.run_id.substr(0, 8));
}

std::string arguments_of(int argc, char** argv) { // commands take no secrets as arguments
    std::string out;
    for (int i = 1; i < argc; ++i)
        out += (i > 1 ? " " : "") + printable(argv[i], 200);
    return mask_digits(out);
}

Report run_recorded(Context& context, Command& command, const std::string& arguments) {
    observe::JobRun run(context.database(),
                        {context.run_id, context.command, arguments, k_version});
    try {
        Report report = command.run(context);
        run.close(outcome_name(report.exit), static_cast<int>(report.exit), counts_json(report),
                  "");
        return report;
    } catch (const Error& error) {
        run.close_quietly(outcome_name(error.exit()), static_cast<int>(error.exit()), error.what());
        throw;
    }
}

int run_command(const Options& options, Context& context, Command& command,
                const std::string& arguments) {
    const auto needs = command.needs();
    if (needs != Command::Needs::nothing)
        load_configuration(options, command.roles(), context);
    const Report report = needs == Command::Needs::recorded_run
                              ? run_recorded(context, command, arguments)
                              : command.run(context);
    const std::string out = context.json ? report_json(context, report) : report_text(report);
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0)
        throw Error(Exit::io, "cannot write to standard output");
    return static_cast<int>(report.exit);
}

int parse_and_run(int argc, char** argv, Options& options, Context& context) {
    CLI::App app("payment operations in batches: import, match, export");
    app.name("harmonia");
    add_global_options(app, options);
    app.require_subcommand(1);
    const auto entries = add_commands(app);
    try {
        refuse_unknown_command(argc, argv);
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0)
            return app.exit(error);      // --help, --version
        std::string what = error.what(); // a sentence of the library's; names stay as they are
        if (what.size() > 1 &&
            (what[1] == ' ' || std::islower(static_cast<unsigned char>(what[1]))))
            what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
        throw Error(Exit::usage, what, "harmonia COMMAND --help shows what it takes.");
    }
    for (const Entry& entry : entries) {
        if (!entry.app->parsed())
            continue;
        context = make_context(options, entry);
        return run_command(options, context, *entry.command, arguments_of(argc, argv));
    }
    return static_cast<int>(Exit::usage);
}

} // namespace

int run_program(int argc, char** argv) {
    Options options;
    Context context;
    const auto report = [&](Exit exit, const std::string& message, const std::string& hint = {}) {
        // A card number may have been typed.
        say_error(options, context, exit, card::redact(message), hint);
        return static_cast<int>(exit);
    };
    try {
        log::configure("info", "auto", true);
        install_stop_handlers();
        return parse_and_run(argc, argv, options, context);
    } catch (const db::Failure& error) {
        if (error.sqlstate() == "42P01" || error.sqlstate() == "3F000")
            return report(Exit::config,
                          std::string("the database's schema is not there or old: ") + error.what(),
                          "Run: harmonia migrate");
        return report(error.exit(), error.what(), error.hint());
    } catch (const Error& error) {
        return report(error.exit(), error.what(), error.hint());
    } catch (const std::bad_alloc&) {
        return report(Exit::failure, "out of memory");
    } catch (const std::exception& error) {
        return report(Exit::failure, error.what(),
                      "This is a defect of the program; please report it.");
    }
}

} // namespace harmonia::cli
