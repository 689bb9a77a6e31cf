#include "cli/options/options.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <CLI/CLI.hpp>

namespace harmonia::cli {
namespace {

struct Name {
    std::string name, value; ///< `--for` and `DURATION`
};

Name split_name(const std::string& text) {
    const auto blank = text.find(' ');
    return {text.substr(0, blank), blank == std::string::npos ? "" : text.substr(blank + 1)};
}

template <typename Target>
Argument add(CLI::App* app, const std::string& text, Target& target, const std::string& help) {
    const auto [name, value] = split_name(text);
    // A positional's own name says what it is.
    return Argument(app->add_option(name, target, help)->type_name(value));
}

// The library's own check, with our words. As a function it has no description, which the help
// would print behind the value's name.
std::function<std::string(const std::string&)> worded(CLI::Validator check,
                                                      const std::string& wanted) {
    return [check, wanted](std::string text) {
        const std::string given = printable(text, 40);
        return check(text).empty() ? "" : "must be " + wanted + ", got '" + given + "'";
    };
}

std::string alternatives(const std::vector<std::string>& names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i)
        out += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
    return out;
}

std::string check_duration(const std::string& text) {
    const auto parsed = parse_duration_ms(text);
    if (parsed && *parsed >= 0)
        return "";
    return "must be a duration such as 30s, 15m or 7d, got '" + printable(text, 40) + "'";
}

// The library's messages are sentences; ours begin in lower case. Names keep their case. Checks are
// `--wait: must be …` in the library's form.
std::string message_of(const CLI::ParseError& error) {
    std::string what = error.what();
    if (const auto colon = what.find(": must be "); colon != std::string::npos)
        what.erase(colon, 1);
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (what.size() > 1 && upper(what[0]) && (what[1] == ' ' || lower(what[1])))
        what[0] = static_cast<char>(what[0] - 'A' + 'a');
    return what;
}

} // namespace

Argument Argument::required(bool yes) {
    option_->required(yes);
    return *this;
}

Argument Argument::choices(const std::vector<std::string>& names) {
    option_->check(worded(CLI::IsMember(names), alternatives(names)));
    return *this;
}

Argument Argument::range(std::int64_t min, std::int64_t max) {
    option_->check(worded(CLI::Range(min, max),
                          "a number from " + std::to_string(min) + " to " + std::to_string(max)));
    return *this;
}

Argument Argument::positive() {
    option_->check(worded(CLI::PositiveNumber, "a number greater than 0"));
    return *this;
}

Argument Argument::count(int values) {
    option_->expected(values);
    return *this;
}

Argument Argument::separator(char mark) {
    option_->delimiter(mark);
    return *this;
}

Argument Argument::excludes(Argument other) {
    option_->excludes(other.option_);
    return *this;
}

Argument Arguments::flag(const std::string& name, bool& target, const std::string& help) {
    return Argument(app_->add_flag(name, target, help));
}

Argument Arguments::text(const std::string& name, std::string& target, const std::string& help) {
    return add(app_, name, target, help);
}

Argument Arguments::text(const std::string& name, std::optional<std::string>& target,
                         const std::string& help) {
    return add(app_, name, target, help);
}

Argument Arguments::texts(const std::string& name, std::vector<std::string>& target,
                          const std::string& help) {
    return add(app_, name, target, help);
}

template <typename Number>
Argument Arguments::number(const std::string& name, Number& target, const std::string& help) {
    return add(app_, name, target, help);
}

template <typename Number>
Argument Arguments::numbers(const std::string& name, std::vector<Number>& target,
                            const std::string& help) {
    return add(app_, name, target, help);
}

template Argument Arguments::number(const std::string&, int&, const std::string&);
template Argument Arguments::number(const std::string&, unsigned&, const std::string&);
template Argument Arguments::number(const std::string&, std::int64_t&, const std::string&);
template Argument Arguments::number(const std::string&, std::uint64_t&, const std::string&);
template Argument Arguments::number(const std::string&, std::optional<std::int64_t>&,
                                    const std::string&);
template Argument Arguments::number(const std::string&, std::optional<std::uint64_t>&,
                                    const std::string&);
template Argument Arguments::numbers(const std::string&, std::vector<std::int64_t>&,
                                     const std::string&);

Argument Arguments::duration(const std::string& name, std::optional<Milliseconds>& target,
                             const std::string& help) {
    const auto [flag, value] = split_name(name);
    const auto take = [&target](const std::string& text) {
        target = Milliseconds(parse_duration_ms(text).value());
    };
    auto* option = app_->add_option_function<std::string>(flag, take, help)->type_name(value);
    option->check(check_duration);
    return Argument(option);
}

Arguments Arguments::subcommand(const std::string& name, const std::string& help) {
    // Options of what stands above may follow the subcommand's own.
    return Arguments(app_->add_subcommand(name, help)->fallthrough());
}

void Arguments::require_subcommand() {
    app_->require_subcommand(1);
}

void Arguments::allow_subcommand() {
    app_->require_subcommand(0, 1);
}

bool Arguments::parsed() const {
    return app_ != nullptr && app_->parsed();
}

CommandLine::CommandLine(const std::string& program, const std::string& summary,
                         const std::string& version)
    : app_(std::make_unique<CLI::App>(summary, program)) {
    app_->require_subcommand(1);
    app_->set_help_flag("-h,--help", "print this help and exit"); // subcommands have it too
    app_->set_version_flag("--version", version, "print the version and exit");
}

CommandLine::~CommandLine() = default;

Arguments CommandLine::arguments() {
    return Arguments(app_.get());
}

bool CommandLine::parse(int argc, const char* const* argv) {
    try {
        app_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() != 0)
            throw Error(Exit::usage, message_of(error),
                        "harmonia COMMAND --help shows what it takes.");
        static_cast<void>(app_->exit(error)); // prints the help or the version
        return false;
    }
}

} // namespace harmonia::cli
