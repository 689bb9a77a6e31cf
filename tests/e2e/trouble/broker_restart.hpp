// RabbitMQ itself stopped and started again while a command pauses at a failpoint.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/services.hpp"
#include "tests/support/wait.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace harmonia::test {

/// Launches, stops the broker while the command pauses at its N-th passage of `place`
/// (`NAME:before` or `NAME:after`), and starts it while the command reconnects. It may end with all
/// done, some rejected, or server unavailable. `directory`: for the failpoint's files.
inline void run_while_broker_restarts(Launch launch, const std::filesystem::path& directory,
                                      const std::string& place, std::size_t passage) {
    std::filesystem::create_directories(directory / "failpoints");
    const std::string rule = (directory / "failpoints/armed").string();
    const std::string trace = (directory / "trace").string();
    std::ofstream(rule) << place << "@" << passage << " sleep 3000\n";
    std::ofstream(trace).flush();
    launch.environment["HARMONIA_FAILPOINT_FILE"] = rule;
    launch.environment["HARMONIA_FAILPOINT_TRACE"] = trace;
    Running running(launch);
    const auto passages = [&] {
        std::istringstream lines(file_text(trace));
        std::size_t seen = 0;
        for (std::string line; std::getline(lines, line);)
            seen += line == place ? 1 : 0;
        return seen;
    };
    wait_until([&] { return passages() >= passage; }, "the command reaches " + place,
               std::chrono::seconds(60));
    services("stop-rabbitmq");
    services("start-rabbitmq");
    const Finished finished = running.wait();
    INFO("ended with " << finished.exit << "\n" << finished.err);
    CHECK((finished.exit == 0 || finished.exit == 3 || finished.exit == 69));
}

} // namespace harmonia::test
