// One command of the program: one file cli/<name>.cpp, one line in commands.def.
//
// setup() only declares and validates arguments: it touches no file, server or configuration. run()
// calls the job and returns a Report; it contains no SQL. The frame (app.cpp) loads configuration,
// sets up logging, records the run in ops.job_run, prints the report as text or JSON, and maps
// errors to exit codes.
#pragma once

#include "cli/options/options.hpp"
#include "core/base/error.hpp"
#include "core/broker/settings.hpp"
#include "core/config/config.hpp"
#include "core/db/connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::cli {

/// What a command reports at its end. Printed on standard output.
struct Report {
    Exit exit = Exit::done;
    std::vector<std::pair<std::string, std::int64_t>>
        counts;            ///< `counts` of the JSON object, in order
    std::string text;      ///< for people; empty: the counts are printed as one line
    std::string data_json; ///< one JSON value, printed as member `data`; empty: none
};

/// What a running command gets.
struct Context {
    config::Value config;
    std::string run_id;  ///< UUID
    std::string command; ///< `import`
    bool json = false;
    bool progress = false; ///< a bar may be drawn on stderr
    bool color = false;
    /// Settings of the database or broker that a role uses (docs/reference/configuration.md).
    [[nodiscard]] db::Settings database(std::string_view role = "default") const;
    [[nodiscard]] broker::Settings broker(std::string_view name = "default") const;
    [[nodiscard]] std::vector<std::string>
    database_names() const; ///< every distinct one, default first
};

class Command {
public:
    virtual ~Command() = default;
    virtual void setup(Arguments arguments) = 0;
    virtual Report run(Context& context) = 0;
    /// The roles that this run plays, once parsed. One: the variables of the program that the role
    /// replaces stand in for its keys (aliases.hpp). None: those variables are ignored.
    [[nodiscard]] virtual std::vector<std::string> roles() const { return {}; }
    /// What the run needs before run(): nothing, the merged configuration, or also a
    /// row in ops.job_run (the default for what works on data).
    enum class Needs { nothing, config, recorded_run };
    [[nodiscard]] virtual Needs needs() const { return Needs::recorded_run; }
};

/// The registration list, in the order shown by --help.
struct CommandEntry {
    const char* name; ///< as typed: `purge-archive`
    const char* summary;
    std::unique_ptr<Command> (*make)();
};
[[nodiscard]] const std::vector<CommandEntry>& commands();

} // namespace harmonia::cli
