// What import reports, with no configuration file at all.

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

struct Truth {
    std::map<std::string, long long> states;
    std::set<std::string> rejected; // "line field code"
};

// Columns of the generator's truth: record, line, state, code, field, …
Truth read_truth(const std::filesystem::path& path) {
    Truth truth;
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::istringstream cells(line);
        std::string record, number, state, code, field;
        std::getline(cells, record, '\t');
        std::getline(cells, number, '\t');
        std::getline(cells, state, '\t');
        std::getline(cells, code, '\t');
        std::getline(cells, field, '\t');
        ++truth.states[state];
        if (state == "rejected")
            truth.rejected.insert(number + " " + field + " " + code);
    }
    return truth;
}

Finished bare(const World& world, const std::vector<std::string>& arguments) {
    Launch launch;
    launch.command = {program("harmonia")};
    launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
    launch.environment = {{"HARMONIA_DATABASE_DSN", world.database().dsn()},
                          {"HARMONIA_IMPORT_SPOOL", world.directory() / "spool"}};
    return run(launch);
}

} // namespace

TEST_CASE("M-33 import counts records: read is new, duplicate, rejected and skipped together") {
    const World world(World::State::empty);
    const std::string file = (world.directory() / "visa.jsonl").string();
    const std::string truth_file = (world.directory() / "visa.tsv").string();
    REQUIRE(run({{program("harmonia-gen"), "--feed", "visa-settled", "--count", "5000", "--seed",
                  "3", "--bad-rate", "0.01", "--dup-rate", "0.02", "--unknown-mid-rate", "0.05",
                  "--out", file, "--truth", truth_file},
                 {},
                 "",
                 0})
                .exit == 0);
    const std::string mids = (world.directory() / "mids.csv").string();
    REQUIRE(
        run({{program("harmonia-gen"), "mids", "--seed", "3", "--out", mids}, {}, "", 0}).exit ==
        0);
    const Truth truth = read_truth(truth_file);
    REQUIRE(bare(world, {"migrate"}).exit == 0);
    REQUIRE(bare(world, {"mids", "load", mids}).exit == 0);

    const Finished first = bare(world, {"import", "visa-settled", "--file", file, "--json"});
    INFO(first.err);
    REQUIRE(first.exit == 3);
    const Json counts = Json::parse(first.out).at("counts");
    const auto state = [&](const char* name) {
        return truth.states.contains(name) ? truth.states.at(name) : 0;
    };
    CHECK(counts.at("rejected") == state("rejected"));
    CHECK(counts.at("duplicate") == state("duplicate"));
    CHECK(counts.at("unidentified") == state("unidentified"));
    CHECK(counts.at("new") == state("stored") + state("unidentified"));
    CHECK(counts.at("read").get<long long>() ==
          counts.at("new").get<long long>() + counts.at("duplicate").get<long long>() +
              counts.at("rejected").get<long long>() + counts.at("skipped").get<long long>());

    const Json rejects =
        Json::parse(bare(world, {"import", "rejects", "list", "--json"}).out).at("data");
    std::set<std::string> kept;
    for (const Json& reject : rejects) {
        CHECK(reject.at("file").get<std::string>().find("visa.jsonl") != std::string::npos);
        kept.insert(std::to_string(reject.at("line").get<long long>()) + " " +
                    reject.at("field").get<std::string>() + " " +
                    reject.at("code").get<std::string>());
    }
    CHECK(kept == truth.rejected);

    const std::string rows = "SELECT count(*) FROM harmonia.import_transaction";
    const std::string refused = "SELECT count(*) FROM ops.reject";
    const long long stored = world.database().count(rows);
    const long long bad = world.database().count(refused);
    const Finished again = bare(world, {"import", "visa-settled", "--file", file, "--json"});
    const Json second = Json::parse(again.out).at("counts");
    CHECK(second.at("new") == 0);
    CHECK(second.at("duplicate") ==
          counts.at("new").get<long long>() + counts.at("duplicate").get<long long>());
    CHECK(second.at("rejected") == counts.at("rejected"));
    CHECK(world.database().count(rows) == stored);
    CHECK(world.database().count(refused) == bad); // known already
}
