// Orders from a queue: every message once, card data nowhere.
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace harmonia::test;

namespace {

class Till {
public:
    Till() {
        const std::string base = directory_.path();
        std::filesystem::create_directories(base + "/failpoints");
        const std::string key = directory_.write("card.key", std::string(32, 'k'));
        ::chmod(key.c_str(), 0400);
        (void)directory_.write("config.yaml",
                               fmt::format("import: {{base: {0}, spool: {0}}}\n"
                                           "cards: {{card_key_file: {0}/card.key}}\n"
                                           "feeds:\n"
                                           "  - {{name: till, like: orders,\n"
                                           "     source: {{kind: queue, queue: {1}}}}}\n"
                                           "  - {{name: till-body, like: till, id: body-hash}}\n",
                                           base, queue_.name()));
    }
    void put(const std::string& id, const std::string& amount) const {
        queue_.put(fmt::format(R"({{"external_id":"{}","event_time":"2026-10-01T10:00:00Z",)"
                               R"("amount":{},"currency":"EUR","method":"card",)"
                               R"("pan":4111111111111111,"cvc":"8765"}})",
                               id, amount));
    }
    Finished import(const std::string& feed = "till", const std::string& rule = {}) const {
        Launch launch;
        launch.command = {program("harmonia"),
                          "--config",
                          directory_.path() + "/config.yaml",
                          "--json",
                          "import",
                          feed};
        launch.environment["HARMONIA_DATABASE_DSN"] = database_.dsn();
        launch.environment["HARMONIA_BROKER_URL"] = BrokerHost::instance().settings().url;
        if (!rule.empty()) {
            const std::string file = directory_.path() + "/failpoints/rules";
            std::ofstream(file) << rule << "\n";
            launch.environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        return run(launch);
    }
    [[nodiscard]] long long facts() const {
        return database_.count("SELECT count(*) FROM screening.fact");
    }
    [[nodiscard]] std::string dead() const {
        return database_.text("SELECT string_agg(code || ' ' || convert_from(body, 'UTF8'), E'\\n' "
                              "ORDER BY code) FROM ops.dead_letter");
    }
    TestQueue queue_;
    TempDatabase database_;
    TempDir directory_;
};

} // namespace

TEST_CASE(
    "O-11 repeated messages are duplicates; other content under a known id is a dead letter") {
    const Till till;
    till.put("a", "1.00");
    till.put("a", "1.00");
    till.put("a", "2.00");
    till.put("b", "3.00");
    const Finished finished = till.import();
    INFO(finished.err);
    CHECK(finished.exit == 3);
    const auto counts = nlohmann::json::parse(finished.out).at("counts");
    CHECK(counts["new"] == 2);
    CHECK(counts["duplicate"] == 1);
    CHECK(counts["rejected"] == 1);
    CHECK(till.facts() == 2);
    CHECK(till.queue_.count() == 0);
    CHECK(till.dead() ==
          R"(V-DUP {"external_id":"a","event_time":"2026-10-01T10:00:00Z","amount":2.00,)"
          R"("currency":"EUR","method":"card","pan":"411111******1111","cvc":null})");
}

TEST_CASE("a message may be pretty-printed") {
    const Till till;
    till.queue_.put("\n{\n  \"external_id\": \"a\",\n  \"event_time\": \"2026-10-01T10:00:00Z\",\n"
                    "  \"amount\": 1.00,\n  \"currency\": \"EUR\",\n  \"method\": \"card\",\n"
                    "  \"pan\": 4111111111111111\n}\n");
    CHECK(till.import().exit == 0);
    CHECK(till.facts() == 1);
}

TEST_CASE("an array of orders in one message is rejected as a whole, its cards in no dead letter") {
    const Till till;
    const char* order = R"({"external_id":"a","event_time":"2026-10-01T10:00:00Z","amount":1.00,)"
                        R"("currency":"EUR","method":"card","pan":4111111111111111})";
    till.queue_.put(fmt::format("[{},{}]", order, order));
    till.put("b", "1.00");
    CHECK(till.import().exit == 3);
    CHECK(till.facts() == 1);
    CHECK(till.queue_.count() == 0);
    CHECK(till.dead().starts_with("V-JSON "));
    CHECK(till.dead().find("4111111111111111") == std::string::npos);
}

TEST_CASE("a message without an id is rejected, or identified by its body where the feed says so") {
    const Till till;
    till.put("", "1.00");
    CHECK(till.import().exit == 3);
    CHECK(till.dead().starts_with("V-ID "));
    till.put("", "1.00");
    till.put("", "1.00");
    const Finished finished = till.import("till-body");
    INFO(finished.err);
    CHECK(finished.exit == 0);
    CHECK(till.facts() == 1);
}

TEST_CASE("card data of a message that cannot be read is in no dead letter") {
    const Till till;
    till.queue_.put(R"({"pan": "4111 1111 1111 1111", "cvv": "8765", )");
    till.queue_.put("4111111111111111");
    CHECK(till.import().exit == 3);
    CHECK(till.dead().find("4111") == till.dead().find("411111*")); // the shown digits only
    CHECK(till.dead().find("8765") == std::string::npos);
}

TEST_CASE("O-16 a killed import of messages is completed by their redelivery") {
    const std::string rule =
        GENERATE(as<std::string>(), "import_queue_commit:before", "import_queue_commit:after");
    INFO(rule);
    const Till till;
    for (int i = 0; i < 30; ++i)
        till.put("m" + std::to_string(i), "1.00");
    CHECK(till.import("till", rule + " kill").exit == 137);
    CHECK(till.import().exit == 0);
    CHECK(till.facts() == 30);
    CHECK(till.database_.count("SELECT count(*) FROM harmonia.payment_transaction") == 30);
    CHECK(till.queue_.count() == 0);
}
