// The README's first run by hand, typed line by line as it stands there.
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <sstream>
#include <string>

using namespace harmonia::test;

namespace {

/// The first block of shell commands under a heading of the README.
std::string commands_under(const std::string& heading) {
    std::istringstream readme(file_text(source_root() / "README.md"));
    std::string script;
    bool found = false, inside = false;
    for (std::string line; std::getline(readme, line);) {
        found = found || line == heading;
        if (inside && line == "```")
            break;
        if (inside)
            script += line + "\ncheck $? '" + line + "'\n";
        inside = inside || (found && line == "```sh");
    }
    return script;
}

} // namespace

TEST_CASE("the first run of the README works line by line as written") {
    const std::string commands = commands_under("## A first run by hand");
    REQUIRE(commands.find("harmonia --config config.yaml match") != std::string::npos);
    // 3: some records of the generated files are bad, as they are in life.
    const std::string check = R"(check() {
        [ "$1" -eq 0 ] || [ "$1" -eq 3 ] || { echo "$2 ended with $1" >&2; exit 1; }
    })";
    const std::string script = check + "\ncd '" + source_root().string() + "'\n" + commands;
    const Finished done = run({{"bash", "-c", script}, {}, "", 0});
    INFO(done.out << done.err);
    REQUIRE(done.exit == 0);
    CHECK(done.out.find("913 matched") != std::string::npos);
    CHECK(done.out.find("MATCHED") != std::string::npos);
}
