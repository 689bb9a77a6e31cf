// What operators do between runs of the pipeline, killed just before and just after each visible
// act, then repeated: the result is that of an undisturbed run.
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>
#include <map>

using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

/// A migrated database and folders of archived files.
struct Installation {
    Installation() {
        fs::create_directories(directory.path() + "/failpoints");
        config = directory.write("config.yaml", "import:\n  base: " + directory.path() +
                                                    "/imports\n  archive: " + directory.path() +
                                                    "/archive\n  rejected: " + directory.path() +
                                                    "/rejected\n");
    }

    /// Exit code of the program; killed at `rule` where one is given.
    [[nodiscard]] int run(std::vector<std::string> arguments, const std::string& rule = {}) const {
        Launch launch;
        launch.command = {program("harmonia"), "--config", config};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment = {{"HARMONIA_DATABASE_DSN", database.dsn()}};
        if (!rule.empty()) {
            const std::string file = directory.path() + "/failpoints/rules";
            std::ofstream(file) << rule << " kill\n";
            launch.environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        return harmonia::test::run(launch).exit;
    }

    TempDatabase database;
    TempDir directory;
    std::string config;
};

constexpr int k_killed = 128 + 9;

} // namespace

TEST_CASE("mids load killed at its commit: loaded once, ids in file order") {
    const std::string rule = GENERATE(as<std::string>{}, "mids_commit:before", "mids_commit:after");
    INFO(rule);
    const Installation here;
    const std::string file = here.directory.write(
        "mids.csv", "visa,20,PRIMARY,costa,,,,,,A\nvisa,10,PRIMARY,itsu,,,,,,A\n");
    CHECK(here.run({"mids", "load", file}, rule) == k_killed);
    CHECK(here.run({"mids", "load", file}) == 0);
    // A rolled back load leaves a gap; the order is the file's all the same.
    CHECK(here.database.text("SELECT string_agg(identifier, ' ' ORDER BY id) FROM "
                             "harmonia.merchant_identifier") == "20 10");
    CHECK(here.database.text("SELECT string_agg(slug, ' ' ORDER BY id) FROM "
                             "harmonia.loyalty_scheme") == "costa itsu");
}

TEST_CASE("config set killed at its commit: repeated, the value is in force") {
    const std::string rule =
        GENERATE(as<std::string>{}, "config_store_commit:before", "config_store_commit:after");
    INFO(rule);
    const Installation here;
    CHECK(here.run({"config", "set", "import.max_pending", "7"}, rule) == k_killed);
    CHECK(here.database.count("SELECT count(*) FROM ops.config_item") ==
          (rule.ends_with("after") ? 1 : 0));
    CHECK(here.run({"config", "set", "import.max_pending", "7"}) == 0);
    CHECK(here.database.text("SELECT value FROM ops.config_item") == "7");
}

TEST_CASE("purge-archive killed anywhere: repeated, exactly the old rows and files are gone") {
    const std::string rule = GENERATE(
        as<std::string>{}, "purge_slice_commit:before", "purge_slice_commit:after",
        "purge_slice_commit:after@2", "purge_partition_commit:before",
        "purge_partition_commit:after", "purge_partition_commit:before@2",
        "purge_partition_commit:after@2", "purge_file_commit:before", "purge_file_commit:after");
    INFO(rule);
    const Installation here;
    here.database.execute("INSERT INTO harmonia.import_transaction SELECT 'visa', 'AUTH', 'x' || "
                          "i, 1, i, true, true, "
                          "CASE WHEN i % 2 = 0 THEN now() - interval '500 days' ELSE now() END "
                          "FROM generate_series(1, 30000) i");
    here.database.execute(
        "CREATE TABLE harmonia.import_record_y2020w01 PARTITION OF "
        "harmonia.import_record FOR VALUES FROM ('2019-12-30') TO ('2020-01-06')");
    const fs::path archive = fs::path(here.directory.path()) / "archive" / "2020-01-01";
    fs::create_directories(archive);
    std::ofstream(archive / "a.csv") << "x";

    CHECK(here.run({"purge-archive"}, rule) == k_killed);
    CHECK(here.run({"purge-archive"}) == 0);
    CHECK(here.database.count("SELECT count(*) FROM harmonia.import_transaction") == 15'000);
    CHECK(here.database.count("SELECT count(*) FROM harmonia.import_transaction WHERE created_at < "
                              "now() - interval '400 days'") == 0);
    CHECK(here.database.text("SELECT to_regclass('harmonia.import_record_y2020w01')").empty());
    CHECK_FALSE(fs::exists(archive / "a.csv"));
}
