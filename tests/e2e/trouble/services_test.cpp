// The development servers themselves: a package upgraded under a running server.
#include "tests/support/catch.hpp"
#include "tests/support/services.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace harmonia::test;

namespace {

/// `pid N` of a server in `s/services status`.
std::string pid_of(const std::string& server) {
    const Finished done = run({{(source_root() / "s/services").string(), "status"}, {}, "", 0});
    REQUIRE(done.exit == 0);
    const auto at = done.out.find("pid ", done.out.find(server));
    REQUIRE(at != std::string::npos);
    return done.out.substr(at + 4, done.out.find(' ', at + 4) - at - 4);
}

/// As if `server` had been started from packages of another version.
void note_other_version(const std::string& server) {
    std::string folder;
    std::getline(std::ifstream(source_root() / ".run/dir") >> std::ws, folder);
    const auto noted = std::filesystem::path(folder) / server / "versions";
    REQUIRE(std::filesystem::exists(noted));
    std::ofstream(noted) << "a-package 0\n";
}

} // namespace

TEST_CASE("s/services start restarts a server whose package was upgraded while it ran") {
    services("start");
    for (const char* server : {"postgres", "rabbitmq"}) {
        const std::string before = pid_of(server);
        services("start");
        CHECK(pid_of(server) == before);
        note_other_version(server);
        services("start");
        const std::string after = pid_of(server);
        CHECK(after != before);
        services("start");
        CHECK(pid_of(server) == after);
    }
}
