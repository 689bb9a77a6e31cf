// What operators install runs as it is: units verify, score well, and name commands that exist.
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> k_jobs = {"import", "screen",  "match",        "export",
                                         "alert",  "migrate", "purge-archive"};

Finished shell(const std::string& line) {
    return run(
        {.command = {"/bin/sh", "-c", line}, .environment = {}, .input = "", .file_bytes_max = 0});
}

bool have_systemd_analyze() {
    if (shell("command -v systemd-analyze").exit == 0)
        return true;
    WARN("systemd-analyze is not installed: the units are not looked at");
    return false;
}

// The units as installed, with the built program in the place of /usr/bin/harmonia.
std::string installed_units(const TempDir& folder) {
    for (const auto& entry : fs::directory_iterator(source_root() / "scripts/systemd")) {
        std::string text = file_text(entry.path().string());
        text = std::regex_replace(text, std::regex("/usr/bin/harmonia"), program("harmonia"));
        (void)folder.write(entry.path().filename().string(), text);
    }
    for (const std::string& job : k_jobs)
        fs::create_symlink("harmonia@.service",
                           fs::path(folder.path()) / ("harmonia@" + job + ".service"));
    return folder.path();
}

} // namespace

TEST_CASE("each of the five jobs has a timer, and the units verify") {
    const TempDir folder;
    const std::string units = installed_units(folder);
    for (const std::string& job : k_jobs)
        REQUIRE(fs::exists(fs::path(units) / ("harmonia@" + job + ".timer")));
    if (!have_systemd_analyze())
        return;
    for (const std::string& job : k_jobs) {
        const Finished verified =
            shell("systemd-analyze verify --man=no '" + units + "/harmonia@" + job + ".timer' '" +
                  units + "/harmonia@" + job + ".service'");
        INFO(verified.err);
        CHECK(verified.exit == 0);
        CHECK(verified.err.find("harmonia@") == std::string::npos);
    }
}

TEST_CASE("the service exposes little") {
    if (!have_systemd_analyze())
        return;
    const TempDir folder;
    const std::string unit = installed_units(folder) + "/harmonia@import.service";
    const Finished scored =
        shell("systemd-analyze security --no-pager --offline=true --threshold=20 '" + unit + "'");
    INFO(scored.out + scored.err);
    CHECK(scored.exit == 0);
    CHECK(file_text(unit).find("UnsetEnvironment=HARMONIA_FAILPOINT_FILE") != std::string::npos);
}

TEST_CASE("the crontab has a well-formed line for each of the five jobs") {
    const std::string text = file_text((source_root() / "scripts/cron/harmonia.crontab").string());
    static const std::regex k_line(
        R"(^([0-9*/,-]+ +){5}harmonia (flock -n -E 75 /var/lib/harmonia/[a-z]+\.lock )?)"
        R"(harmonia ([a-z-]+) 2>&1 \| logger -t harmonia-([a-z-]+)$)");
    std::set<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#' || std::regex_match(line, std::regex("[A-Z]+=.*")))
            continue;
        std::smatch match;
        INFO(line);
        REQUIRE(std::regex_match(line, match, k_line));
        CHECK(match[3] == match[4]);
        found.insert(match[3]);
    }
    CHECK(found == std::set<std::string>(k_jobs.begin(), k_jobs.end()));
}

TEST_CASE("what units and crontab start are commands of the program") {
    for (const std::string& job : k_jobs) {
        const Finished help = run({.command = {program("harmonia"), job, "--help"},
                                   .environment = {},
                                   .input = "",
                                   .file_bytes_max = 0});
        INFO(job << help.err);
        CHECK(help.exit == 0);
    }
}

TEST_CASE("what developers type is executable") {
    for (const char* folder : {"s", ".ci"})
        for (const auto& entry : fs::directory_iterator(source_root() / folder)) {
            const std::string name = entry.path().filename().string();
            INFO(name);
            const auto permissions = entry.status().permissions();
            const bool executable = (permissions & fs::perms::owner_exec) != fs::perms::none;
            CHECK(executable == !name.starts_with('_'));
        }
}
