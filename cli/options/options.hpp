// What the program, a command or a subcommand takes on its command line. The only room that knows
// the parser (CLI11), whose header costs seconds in every source that reads it.
//
// Names are written as the help shows them: `--for DURATION` takes a value, `--all` none, `FILE` is
// a positional. Targets must outlive parsing and keep what they hold when nothing is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace harmonia::cli {

using Milliseconds = std::chrono::milliseconds;

/// One declared argument. Each function refines it and returns it.
class Argument {
public:
    explicit Argument(CLI::Option* option) : option_(option) {}
    Argument required(bool yes = true);
    Argument choices(const std::vector<std::string>& names);
    Argument range(std::int64_t min, std::int64_t max);
    Argument positive();
    Argument count(int values);        ///< exactly this many values
    Argument separator(char mark);     ///< one word may hold several values
    Argument excludes(Argument other); ///< never given together

private:
    CLI::Option* option_;
};

/// A handle on what is declared, cheap to copy.
class Arguments {
public:
    Arguments() = default;
    explicit Arguments(CLI::App* app) : app_(app) {}

    Argument flag(const std::string& name, bool& target, const std::string& help);
    Argument text(const std::string& name, std::string& target, const std::string& help);
    Argument text(const std::string& name, std::optional<std::string>& target,
                  const std::string& help);
    Argument texts(const std::string& name, std::vector<std::string>& target,
                   const std::string& help); ///< one or more
    /// Any integer, or a std::optional of one; options.cpp lists the types.
    template <typename Number>
    Argument number(const std::string& name, Number& target, const std::string& help);
    template <typename Number>
    Argument numbers(const std::string& name, std::vector<Number>& target,
                     const std::string& help); ///< one or more
    /// `30s`, `15m`, `7d`; never negative.
    Argument duration(const std::string& name, std::optional<Milliseconds>& target,
                      const std::string& help);

    Arguments subcommand(const std::string& name, const std::string& help);
    void require_subcommand(); ///< exactly one
    void allow_subcommand();   ///< at most one

    /// Whether this subcommand was given. False for a handle that was never declared.
    [[nodiscard]] bool parsed() const;

private:
    CLI::App* app_ = nullptr;
};

/// The command line of the whole program.
class CommandLine {
public:
    CommandLine(const std::string& program, const std::string& summary, const std::string& version);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    [[nodiscard]] Arguments arguments();

    /// Fills the targets. False: help or the version was asked for, and is printed. Error(usage).
    [[nodiscard]] bool parse(int argc, const char* const* argv);

private:
    std::unique_ptr<CLI::App> app_;
};

} // namespace harmonia::cli
