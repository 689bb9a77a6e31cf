// Queues: every message once, whatever dies when.
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"
#include "tests/support/proxy.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

using namespace harmonia::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// One queue feed of a merchant, and the program beside it.
class Till {
public:
    explicit Till(int proxy_port = 0) {
        settings_ = proxy_port == 0 ? BrokerHost::instance().settings()
                                    : BrokerHost::instance().settings_through(proxy_port);
        const std::string base = directory_.path();
        fs::create_directories(base + "/failpoints");
        (void)directory_.write(
            "config.yaml",
            fmt::format(
                "import: {{base: {}, spool: {}, queue_prefetch: 50}}\n"
                "feeds:\n"
                "  - name: till\n    provider: till\n    feed_type: MERCHANT\n"
                "    source: {{kind: queue, queue: {}}}\n    format: {{kind: json}}\n"
                "    content_type: application/json\n"
                "    zone: Europe/London\n"
                "    map:\n"
                "      transaction_id: {{join: _, of: [id], if_blank: {{content_hash: true}}}}\n"
                "      transaction_date: {{datetime: date}}\n"
                "      spend_amount: {{minor_units: amount}}\n"
                "      constants: {{payment_provider: visa, spend_currency: GBP}}\n"
                "      mids: [mid]\n",
                base, base, queue_.name()));
    }

    void put(int first, int last) const {
        for (int i = first; i <= last; ++i)
            queue_.put(body("t" + std::to_string(i)));
    }
    static std::string body(const std::string& id) {
        return fmt::format(
            R"({{"id": "{}", "date": "2024-03-02T12:00:00", "amount": 12.50, "mid": "m1"}})", id);
    }
    Launch launch(std::vector<std::string> more = {}, const std::string& rule = {}) const {
        Launch launch;
        launch.command = {program("harmonia"), "--config", directory_.path() + "/config.yaml",
                          "--json", "import"};
        launch.command.insert(launch.command.end(), more.begin(), more.end());
        launch.environment["HARMONIA_DATABASE_DSN"] = database_.dsn();
        launch.environment["HARMONIA_BROKER_URL"] = settings_.url;
        launch.environment["HARMONIA_BROKER_HEARTBEAT"] = "2s";
        if (!rule.empty()) {
            const std::string file = directory_.path() + "/failpoints/rules";
            std::ofstream(file) << rule << "\n";
            launch.environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        return launch;
    }
    Finished import(std::vector<std::string> more = {"till"}, const std::string& rule = {}) const {
        return run(launch(std::move(more), rule));
    }
    [[nodiscard]] long long rows() const {
        return database_.count("SELECT count(*) FROM harmonia.import_transaction");
    }
    [[nodiscard]] long long letters() const {
        return database_.count("SELECT count(*) FROM ops.dead_letter");
    }
    harmonia::broker::Settings settings_;
    TestQueue queue_;
    TempDatabase database_;
    TempDir directory_;
};

Json counts(const Finished& finished) {
    return Json::parse(finished.out).at("counts");
}

} // namespace

TEST_CASE("a queue is drained in batches and acknowledged; the batch rows tell the commit order") {
    const Till till;
    till.put(1, 120);
    const Finished finished = till.import();
    INFO(finished.err);
    CHECK(finished.exit == 0);
    CHECK(counts(finished)["new"] == 120);
    CHECK(till.rows() == 120);
    CHECK(till.queue_.count() == 0);
    CHECK(till.database_.count("SELECT count(*) FROM ops.import_batch WHERE state = 'loaded' AND "
                               "close_seq IS NOT NULL AND records_done <= 50") >= 3);
    CHECK(till.import().exit == 0);
    till.put(5, 6);
    CHECK(counts(till.import())["duplicate"] == 2);
}

TEST_CASE("messages that are no records become dead letters and do not come back") {
    const Till till;
    till.put(1, 3);
    till.queue_.put("not json");
    till.queue_.put(R"({"id": "x", "date": "never", "amount": 1, "mid": "m1"})");
    till.queue_.put(std::string("\xFF\x00", 2));
    till.put(4, 5);
    const Finished finished = till.import();
    INFO(finished.err);
    CHECK(finished.exit == 3);
    CHECK(counts(finished)["new"] == 5);
    CHECK(counts(finished)["rejected"] == 3);
    CHECK(till.queue_.count() == 0);
    CHECK(till.letters() == 3);
    CHECK(till.database_.count(
              "SELECT count(*) FROM ops.dead_letter WHERE body = '\\xff00' AND code = "
              "'bad_encoding' AND body_sha256 = encode(sha256(body), 'hex')") == 1);
    CHECK(till.database_.text("SELECT queue || routing_key FROM ops.dead_letter LIMIT 1") ==
          till.queue_.name() + till.queue_.name());
}

TEST_CASE("a message that the database refuses becomes a dead letter, alone") {
    const Till till;
    till.database_.execute(
        "ALTER TABLE harmonia.scheme_transaction ADD CHECK (transaction_id <> 'refused')");
    till.put(1, 10);
    till.queue_.put(Till::body("refused"));
    till.put(11, 20);
    const Finished finished = till.import();
    INFO(finished.err);
    CHECK(finished.exit == 3);
    CHECK(till.rows() == 20);
    CHECK(till.database_.text("SELECT string_agg(code, ' ') FROM ops.dead_letter") ==
          "not_storable");
    CHECK(till.queue_.count() == 0);
}

TEST_CASE("--max takes so many messages and leaves the rest") {
    const Till till;
    till.put(1, 10);
    CHECK(counts(till.import({"till", "--max", "1"}))["new"] == 1);
    CHECK(counts(till.import({"till", "--max", "4"}))["new"] == 4);
    CHECK(till.queue_.count() == 5);
}

TEST_CASE("bodies of a queue's feed are read from a file, one a line") {
    const Till till;
    const std::string file =
        till.directory_.write("bodies.jsonl", till.body("a") + "\n\n" + till.body("b") + "\n");
    const Finished finished = till.import({"till", "--file", file});
    INFO(finished.err);
    CHECK(finished.exit == 0);
    CHECK(till.rows() == 2);
    CHECK(till.import({"till", "--dry-run"}).exit == 64);
}

TEST_CASE("a queue that does not exist is a mistake of the configuration") {
    const Till till;
    harmonia::broker::Session(BrokerHost::instance().settings()).delete_queue(till.queue_.name());
    const Finished finished = till.import();
    CHECK(finished.exit == 78);
    CHECK(finished.err.find(till.queue_.name()) != std::string::npos);
}

TEST_CASE(
    "M-35 killed just before or after a batch's commit or acknowledgement: each message once") {
    const std::string rule = GENERATE(as<std::string>(), "import_queue_commit:before",
                                      "import_queue_commit:after", "import_queue_ack:before",
                                      "import_queue_ack:after", "import_queue_commit:after@2");
    INFO(rule);
    const Till till;
    till.put(1, 40);
    till.queue_.put("poison");
    till.put(41, 80);
    till.queue_.put(R"({"date": "2024-03-02T12:00:00", "amount": 1, "mid": "no id"})");
    CHECK(till.import({"till"}, rule + " kill").exit == 137);
    const Finished again = till.import();
    INFO(again.err);
    CHECK((again.exit == 0 || again.exit == 3));
    CHECK(till.rows() == 81);
    CHECK(till.letters() == 1);
    CHECK(till.queue_.count() == 0);
    CHECK(till.database_.count("SELECT count(*) FROM harmonia.scheme_transaction") == 81);
}

TEST_CASE("the broker's connection is lost in the middle: the run connects again and goes on") {
    Proxy proxy(BrokerHost::instance().port());
    const Till till(proxy.port());
    till.put(1, 200);
    Running running(till.launch({"till"}, "import_queue_commit:after sleep 500"));
    while (till.rows() < 50)
        ::usleep(10'000);
    proxy.cut();
    const Finished finished = running.wait();
    INFO(finished.err);
    CHECK(finished.exit == 0);
    CHECK(till.rows() == 200);
    CHECK(till.queue_.count() == 0);
}

TEST_CASE("--follow stores what comes until it is told to stop") {
    const Till till;
    till.put(1, 5);
    Running running(till.launch({"till", "--follow"}));
    while (till.rows() < 5)
        ::usleep(10'000);
    till.put(6, 9);
    while (till.rows() < 9)
        ::usleep(10'000);
    running.signal(SIGTERM);
    CHECK(running.wait().exit == 143);
    CHECK(till.queue_.count() == 0);
}

TEST_CASE("--draining comes back for what was sent, and leaves an empty queue free to be deleted") {
    const Till till;
    till.put(1, 3);
    Running running(till.launch({"till", "--follow", "--draining"}));
    while (till.rows() < 3)
        ::usleep(10'000);
    till.put(4, 5);
    while (till.rows() < 5)
        ::usleep(10'000);
    // A queue that has a consumer is not deleted `if-unused`: it is tried until a rest begins.
    const auto unused = [&] {
        try {
            (void)BrokerHost::instance().api("DELETE", "/queues/%VHOST%/" + till.queue_.name() +
                                                           "?if-unused=true&if-empty=true");
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    };
    while (!unused())
        ::usleep(50'000);
    running.signal(SIGTERM);
    CHECK(running.wait().exit == 143);
    CHECK(till.import({"till", "--draining"}).exit == 64);
}
