// Manual pages compile, and name exactly the options that --help knows.
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;
using Options = std::set<std::string>;

std::string help(Words command) {
    command.insert(command.begin(), program("harmonia"));
    command.emplace_back("--help");
    const Finished finished =
        run({.command = command, .environment = {}, .input = "", .file_bytes_max = 0});
    REQUIRE(finished.exit == 0);
    return finished.out;
}

Options long_options(const std::string& text) {
    static const std::regex k_option("--[a-z][a-z-]+");
    return {std::sregex_token_iterator(text.begin(), text.end(), k_option), {}};
}

// Names under `Subcommands:`, one a line, indented by two.
Words subcommands(const std::string& help_text) {
    Words names;
    bool inside = false;
    std::istringstream lines(help_text);
    for (std::string line; std::getline(lines, line);)
        if (line == "Subcommands:")
            inside = true;
        else if (!line.starts_with("  "))
            inside = false;
        else if (inside && line.size() > 2 && line[2] != ' ')
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
    return names;
}

// The options that a command's help, and the help of whatever is below it, begins a line with.
Options options_of(const Words& command) {
    static const std::regex k_listed("(^|\n)  (-[A-Za-z],)?--[a-z][a-z-]+");
    const std::string text = help(command);
    Options options;
    for (std::sregex_iterator at(text.begin(), text.end(), k_listed), end; at != end; ++at)
        options.merge(long_options(at->str()));
    for (const std::string& name : subcommands(text)) {
        Words below = command;
        below.push_back(name);
        options.merge(options_of(below));
    }
    return options;
}

std::string page(const std::string& name) {
    return file_text((source_root() / "docs/man" / (name + ".1.scd")).string());
}

// What a page's OPTIONS section defines: lines that begin with a bold option, none indented.
Options documented(const std::string& text) {
    const auto begin = text.find("\n# OPTIONS\n");
    REQUIRE(begin != std::string::npos);
    const auto end = text.find("\n# ", begin + 3);
    Options options;
    std::istringstream lines(text.substr(begin, end - begin));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("*-"))
            options.merge(long_options(line));
    return options;
}

Options minus(const Options& left, const Options& right) {
    Options rest;
    std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                        std::inserter(rest, rest.end()));
    return rest;
}

} // namespace

TEST_CASE("every manual page compiles") {
    std::size_t pages = 0;
    for (const auto& entry : fs::directory_iterator(source_root() / "docs/man")) {
        const Finished compiled =
            run({.command = {"/bin/sh", "-c", "scdoc <'" + entry.path().string() + "' >/dev/null"},
                 .environment = {},
                 .input = "",
                 .file_bytes_max = 0});
        INFO(entry.path().string() << ": " << compiled.err);
        CHECK(compiled.exit == 0);
        ++pages;
    }
    CHECK(pages > 10);
}

TEST_CASE("the manual pages name the options that --help knows, and no others") {
    const Options global = documented(page("harmonia"));
    CHECK(global == long_options(help({})));
    for (const std::string& command : subcommands(help({}))) {
        const Options known = minus(options_of({command}), global);
        const Options told = documented(page("harmonia-" + command));
        INFO(command);
        CHECK(told == known);
    }
}
