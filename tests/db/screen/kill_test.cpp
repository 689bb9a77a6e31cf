// `screen` killed at any of its visible acts and run again judges the same.
#include "tests/db/screen/world.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

/// Rules that read verdicts: the run that finishes a killed one must not see what that committed.
const std::string& retry_rules() {
    static const std::string yaml = test::cards_ruleset(R"(features:
  uses:     {count: txn, by: card, over: 10m}
  declined: {verdicts: declined, by: card, over: 1h}
rules:
  - {id: MANY, when: uses > 3, score: 90, reason: "{uses} uses"}
  - {id: TWO, when: uses == 3, score: 45, reason: "{uses} uses"}
  - {id: RETRY, when: declined >= 1, score: 40, reason: "{declined} declines"}
alerts:
  declined: {severity: critical, group_by: [card]}
)");
    return yaml;
}

class KilledWorld : public World {
public:
    KilledWorld() : World(retry_rules()) {
        batch();
        for (int i = 0; i < 6; ++i)
            payment(fmt::format("old{}", i), fmt::format("09:{:02}:00", 40 + i));
        screen();
        batch();
        for (int i = 0; i < 10; ++i)
            payment(fmt::format("new{}", i), fmt::format("09:{:02}:30", 42 + i));
        std::filesystem::create_directory(directory_.path() + "/failpoints");
        config_ = directory_.write("config.yaml", "screening: {chunk_rows: 2, publish: true}\n");
    }
    [[nodiscard]] test::Launch launch(const std::string& rule,
                                      const std::vector<std::string>& more = {}) const {
        std::map<std::string, std::string> environment{{"HARMONIA_DATABASE_DSN", database.dsn()}};
        const std::string file = directory_.path() + "/failpoints/rule";
        std::filesystem::remove(file);
        if (!rule.empty()) {
            std::ofstream(file) << rule << '\n';
            environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        std::vector<std::string> command{test::program("harmonia"), "screen", "--config", config_};
        command.insert(command.end(), more.begin(), more.end());
        return {command, environment, "", 0};
    }
    int run_program(const std::string& rule = "", const std::vector<std::string>& more = {}) const {
        const auto done = test::run(launch(rule, more));
        INFO(done.err);
        CHECK((done.exit == 0 || !rule.empty()));
        return done.exit;
    }
    void run_until_done() const {
        run_program();
        run_program("", {"--rescreen", "stale"});
    }
    [[nodiscard]] std::string all() const {
        return books() + "\noutbox " +
               one("string_agg(concat_ws(' ', routing_key, properties->>'message_id'), ' ' "
                   "ORDER BY properties->>'message_id', routing_key) FROM ops.outbox") +
               "\nopen runs " + one("count(*) FROM screening.screen_run WHERE ended_at IS NULL");
    }

private:
    test::TempDir directory_;
    std::string config_;
};

} // namespace

TEST_CASE("screen killed at every act and run again ends like an undisturbed run") {
    KilledWorld undisturbed;
    undisturbed.run_until_done();
    const std::string books = undisturbed.all();
    REQUIRE(books.find("declined") != std::string::npos);
    REQUIRE(undisturbed.one("count(*) > 0 FROM screening.verdict WHERE rev = 2") == "t");
    const std::string rule = GENERATE(
        "screen_open_commit:before", "screen_open_commit:after", "screen_stale_commit:before",
        "screen_stale_commit:after", "screen_chunk_commit:before", "screen_chunk_commit:after",
        "screen_chunk_commit:before@2", "screen_chunk_commit:after@3",
        "screen_chunk_commit:before@5", "screen_close_commit:before", "screen_close_commit:after");
    CAPTURE(rule);
    KilledWorld killed;
    CHECK(killed.run_program(rule + " kill") != 0);
    killed.run_until_done();
    CHECK(killed.all() == books);
}

TEST_CASE("a rescreen killed between its chunks is finished by the next one") {
    KilledWorld undisturbed;
    undisturbed.run_until_done();
    KilledWorld killed;
    killed.run_program();
    CHECK(killed.run_program("screen_chunk_commit:after kill", {"--rescreen", "stale"}) != 0);
    killed.run_program("", {"--rescreen", "stale"});
    CHECK(killed.all() == undisturbed.all());
}

TEST_CASE("O-61 a chunk whose commit fails leaves no trace") {
    KilledWorld world;
    CHECK(world.run_program("screen_chunk_commit:before error") != 0);
    // The other session may have written chunks of two before the failure was noticed, but only
    // whole ones.
    const std::string judged = world.one("count(*) FROM screening.verdict v JOIN screening.fact f "
                                         "USING (payment_id) WHERE external_id LIKE 'new%'");
    CHECK(std::stoi(judged) % 2 == 0);
    CHECK(std::stoi(judged) < 10);
    CHECK(world.one("10 - count(*) FROM harmonia.payment_transaction WHERE screen = 'HELD'") ==
          judged);
    CHECK(world.one("count(*) FROM ops.outbox") == judged);
    CHECK(world.one("count(*) FROM screening.state_log l JOIN screening.fact f USING (payment_id) "
                    "WHERE external_id LIKE 'new%'") == judged);
    world.run_until_done();
    CHECK(world.one("count(*) FROM harmonia.payment_transaction WHERE screen = 'HELD'") == "0");
}

TEST_CASE("O-66 a second screen is refused at once; SIGTERM ends it after the current chunk") {
    KilledWorld undisturbed, world;
    undisturbed.run_until_done();
    test::Running first(world.launch("screen_chunk_commit:before@2 sleep 2000\n"
                                     "screen_chunk_commit:before@3 sleep 2000"));
    while (
        world.one("count(*) FROM screening.verdict v JOIN screening.screen_run r ON r.id = v.run "
                  "WHERE r.ended_at IS NULL") == "0")
        usleep(20'000);
    CHECK(test::run(world.launch("")).exit == 75);
    first.signal(SIGTERM);
    CHECK(first.wait().exit == 143);
    const std::string judged = world.one("count(*) FROM screening.verdict v JOIN screening.fact f "
                                         "USING (payment_id) WHERE external_id LIKE 'new%'");
    CHECK(std::stoi(judged) >= 2);
    CHECK(std::stoi(judged) < 10);
    CHECK(std::stoi(judged) % 2 == 0);
    world.run_until_done();
    CHECK(world.all() == undisturbed.all());
}

TEST_CASE("screen --follow judges what comes and stops when asked to") {
    KilledWorld world;
    test::Running worker(world.launch("", {"--follow"}));
    while (world.one("count(*) FROM harmonia.payment_transaction WHERE screen = 'HELD'") != "0")
        usleep(20'000);
    world.batch();
    world.payment("next", "12:00:00");
    world.database.execute("SELECT pg_notify('harmonia_imported', 'orders')");
    while (world.one("count(*) FROM harmonia.payment_transaction WHERE screen = 'HELD'") != "0")
        usleep(20'000);
    worker.signal(SIGTERM);
    CHECK(worker.wait().exit == 143);
}
