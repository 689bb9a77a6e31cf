// Guarantee 1 attacked: the process is killed just before and just after every commit,
// acknowledgement, confirm and rename of import, match and export; run again to the end, the books
// and what receivers saw are those of an undisturbed run.

#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/world.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>

using namespace harmonia::test;

namespace {

constexpr int k_killed = 128 + SIGKILL;
constexpr int k_tries_max = 5; // one kill per command: the second try must already succeed

struct Undisturbed {
    std::string digest;
    std::set<std::string> told;
    std::vector<std::vector<std::string>>
        passages; // of each command of the pipeline: `name:side@N`
};

std::vector<std::string> numbered(const std::string& trace) {
    std::vector<std::string> passages;
    std::map<std::string, int> seen;
    std::istringstream lines(trace);
    for (std::string line; std::getline(lines, line);)
        passages.push_back(line + "@" + std::to_string(++seen[line]));
    return passages;
}

const Undisturbed& undisturbed() {
    static const Undisturbed instance = [] {
        const World world;
        Undisturbed result;
        for (const auto& command : World::pipeline()) {
            const std::string trace = (world.directory() / "trace").string();
            std::ofstream(trace).flush();
            const Finished finished =
                world.harmonia(command, {{"HARMONIA_FAILPOINT_TRACE", trace}});
            INFO(command.front() << "\n" << finished.err);
            REQUIRE((finished.exit == 0 || finished.exit == 3));
            result.passages.push_back(numbered(file_text(trace)));
            REQUIRE_FALSE(result.passages.back().empty());
        }
        result.digest = world.digest();
        result.told = world.told();
        return result;
    }();
    return instance;
}

/// Whether the place was reached: the broker chooses how many messages an answer confirms.
bool run_killed_at(const World& world, const std::vector<std::string>& command,
                   const std::string& place) {
    const std::string file = (world.directory() / "failpoints/armed").string();
    std::ofstream(file) << place << " kill\n";
    INFO("killed at " << place);
    const Finished killed = world.harmonia(command, {{"HARMONIA_FAILPOINT_FILE", file}});
    if (killed.exit == 0 || killed.exit == 3)
        return false;
    CHECK(killed.exit == k_killed);
    for (int tries = 0; tries < k_tries_max; ++tries) {
        const Finished again = world.harmonia(command);
        INFO(again.err);
        if (again.exit == 0 || again.exit == 3)
            return true;
        CHECK(again.exit == 0);
    }
    FAIL("the command did not succeed");
    return false;
}

std::size_t scenarios(std::size_t all) {
    // Each scenario kills every command once; HARMONIA_TEST_KILLS bounds the kills of a run, and
    // with HARMONIA_TEST_FULL there is one at every passage.
    if (std::getenv("HARMONIA_TEST_FULL") != nullptr)
        return all;
    const char* text = std::getenv("HARMONIA_TEST_KILLS");
    const std::size_t kills = text != nullptr ? std::strtoul(text, nullptr, 10) : 60;
    return std::min(all, kills / World::pipeline().size() + 1);
}

} // namespace

TEST_CASE(
    "M-35 killed at any commit, acknowledgement, confirm or rename, nothing is lost or doubled") {
    const Undisturbed& expected = undisturbed();
    std::size_t longest = 0;
    for (const auto& passages : expected.passages)
        longest = std::max(longest, passages.size());
    const std::size_t count = scenarios(longest);
    std::size_t planned = 0, killed = 0;
    for (std::size_t scenario = 0; scenario < count; ++scenario) {
        const World world;
        const std::size_t at = scenario * longest / count;
        for (std::size_t i = 0; i < expected.passages.size(); ++i) {
            const auto& passages = expected.passages[i];
            ++planned;
            killed += run_killed_at(world, World::pipeline()[i], passages[at % passages.size()]);
        }
        INFO("scenario " << scenario << " of " << count);
        CHECK(world.digest() == expected.digest);
        CHECK(difference(world.told(), expected.told).empty());
    }
    CHECK(killed * 10 >= planned * 9);
}
