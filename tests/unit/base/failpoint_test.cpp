// Failpoints act only when armed.
#include "core/base/failpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <csignal>
#include <filesystem>

using namespace harmonia;

namespace {

test::Finished run_self(const std::string& hidden_case,
                        std::map<std::string, std::string> environment) {
    return test::run({{std::filesystem::read_symlink("/proc/self/exe").string(), hidden_case},
                      std::move(environment),
                      "",
                      0});
}

} // namespace

// Run by the cases below in a process of their own; a leading dot keeps it out of an ordinary run.
TEST_CASE("passes the match failpoint twice", "[.child]") {
    for (int i = 0; i < 2; ++i) {
        failpoint_before(Failpoint::match_pairs_commit);
        failpoint_after(Failpoint::match_pairs_commit);
    }
}

TEST_CASE("a failpoint kills at the passage asked for, and only when armed") {
    const test::TempDir dir;
    const std::string file = dir.write("failpoints/armed", "match_pairs_commit:after@2 kill\n");
    const std::string trace = dir.path() + "/trace";
    const auto killed = run_self(
        "[.child]", {{"HARMONIA_FAILPOINT_FILE", file}, {"HARMONIA_FAILPOINT_TRACE", trace}});
    CHECK(killed.exit == 128 + SIGKILL);
    CHECK(test::file_text(trace) == "match_pairs_commit:before\nmatch_pairs_commit:after\n"
                                    "match_pairs_commit:before\nmatch_pairs_commit:after\n");
    CHECK(run_self("[.child]", {}).exit == 0);
}

TEST_CASE("a flag file outside a directory named failpoints is ignored") {
    const test::TempDir dir;
    const std::string file = dir.write("elsewhere/armed", "match_pairs_commit:before kill\n");
    CHECK(run_self("[.child]", {{"HARMONIA_FAILPOINT_FILE", file}}).exit == 0);
}

TEST_CASE("an error failpoint throws") {
    const test::TempDir dir;
    const std::string file = dir.write("failpoints/armed", "match_pairs_commit error\n");
    const auto failed = run_self("[.child]", {{"HARMONIA_FAILPOINT_FILE", file}});
    CHECK(failed.exit != 0);
    CHECK(failed.out.find("match_pairs_commit:before raised an error") != std::string::npos);
}
