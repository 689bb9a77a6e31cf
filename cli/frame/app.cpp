#include "cli/frame/app.hpp"

#include "cli/frame/aliases.hpp"
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "cli/frame/version.hpp"
#include "cli/options/options.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "core/observe/job_run.hpp"
#include "jobs/config_store/store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace harmonia::cli {
namespace {

struct GlobalOptions {
    std::string config_file, role, log_level, log_format, progress = "auto";
    bool json = false, no_color = false;
};

struct Entry {
    const CommandEntry* entry;
    std::unique_ptr<Command> command;
    Arguments arguments;
};

void add_global_options(Arguments arguments, GlobalOptions& options) {
    arguments.text("--config FILE", options.config_file,
                   "configuration file, merged over /etc/harmonia/config.yaml");
    arguments
        .text("--role " + join(alias_roles(), "|"), options.role,
              "read the environment variables of the program that this role replaces")
        .choices(alias_roles());
    arguments.flag("--json", options.json, "print one JSON object on standard output");
    arguments.text("--log-level LEVEL", options.log_level,
                   "override log.level: trace, debug, info, warn or error");
    arguments.text("--log-format FORMAT", options.log_format,
                   "override log.format: auto, text, logfmt or json");
    arguments
        .text("--progress auto|always|never", options.progress,
              "draw a progress bar on standard error [default: auto, on a terminal]")
        .choices({"auto", "always", "never"});
    arguments.flag("--no-color", options.no_color,
                   "log without colours, as with the variable NO_COLOR");
}

std::vector<Entry> add_commands(Arguments arguments) {
    std::vector<Entry> entries;
    for (const CommandEntry& entry : commands()) {
        entries.push_back({&entry, entry.make(), arguments.subcommand(entry.name, entry.summary)});
        entries.back().command->setup(entries.back().arguments);
    }
    return entries;
}

// The parser says only that a subcommand is required; say which one was probably meant.
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

void say_error(const GlobalOptions& options, const Context& context, Exit exit,
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

Context make_context(const GlobalOptions& options, const Entry& entry) {
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

void load_configuration(const GlobalOptions& options, std::vector<std::string> roles,
                        Context& context) {
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

int run_command(const GlobalOptions& options, Context& context, Command& command,
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

int parse_and_run(int argc, char** argv, GlobalOptions& options, Context& context) {
    CommandLine line("harmonia", "payment operations in batches: import, match, export",
                     std::string("harmonia ") + k_version);
    add_global_options(line.arguments(), options);
    const auto entries = add_commands(line.arguments());
    refuse_unknown_command(argc, argv);
    if (!line.parse(argc, argv))
        return static_cast<int>(Exit::done);
    for (const Entry& entry : entries) {
        if (!entry.arguments.parsed())
            continue;
        context = make_context(options, entry);
        return run_command(options, context, *entry.command, arguments_of(argc, argv));
    }
    return static_cast<int>(Exit::usage);
}

} // namespace

int run_program(int argc, char** argv) {
    GlobalOptions options;
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
                          std::string("the database schema is missing or out of date: ") +
                              error.what(),
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
