// RabbitMQ is down while payments are screened: verdicts are committed, alerts stay in the outbox,
// nothing is lost. It is lost while alerts are imported: poison messages are stored once and copied
// at least once.
#include "tests/broker/alerts/site.hpp"
#include "tests/db/screen/world.hpp"
#include "tests/e2e/trouble/broker_restart.hpp"

#include <nlohmann/json.hpp>

#include <set>

using namespace harmonia;
using namespace harmonia::test;

namespace {

/// The broker is down while this lives.
class BrokerDown {
public:
    BrokerDown() { services("stop-rabbitmq"); }
    ~BrokerDown() { services("start-rabbitmq"); }
    BrokerDown(const BrokerDown&) = delete;
    BrokerDown& operator=(const BrokerDown&) = delete;
};

class Shop {
public:
    Shop() {
        yaml_ = directory_.write("config.yaml", "alerts: {publish: true}\n");
        (void)BrokerHost::instance();
    }
    [[nodiscard]] Finished harmonia(const std::vector<std::string>& arguments) const {
        Launch launch;
        launch.command = {program("harmonia"), "--config", yaml_, "--json"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment = {{"HARMONIA_DATABASE_DSN", world.database.dsn()},
                              {"HARMONIA_BROKER_URL", BrokerHost::instance().url()}};
        return run(launch);
    }
    nlohmann::json must(const std::vector<std::string>& arguments) const {
        const Finished finished = harmonia(arguments);
        INFO(arguments.front() << ": " << finished.out << finished.err);
        REQUIRE(finished.exit == 0);
        return nlohmann::json::parse(finished.out);
    }
    /// Eight payments of one customer's card within ten minutes of an hour: five are reviewed.
    void busy_hour(int hour) {
        world.batch();
        for (int use = 0; use < 8; ++use)
            world.payment(fmt::format("p{}-{}", hour, use), fmt::format("{:02}:0{}:00", hour, use));
    }
    [[nodiscard]] long long count(const std::string& of) const {
        return world.database.count("SELECT count(*) FROM " + of);
    }

    screen::World world;

private:
    TempDir directory_;
    std::string yaml_;
};

} // namespace

TEST_CASE("O-62 broker down while payments are screened: verdicts commit, the outbox grows, export "
          "says 69, and afterwards all is published in order, each once") {
    Shop shop;
    shop.must({"configure"});
    {
        const BrokerDown down;
        shop.busy_hour(10);
        shop.must({"screen"});
        CHECK(shop.count("screening.verdict") == 8);
        CHECK(shop.count("screening.alert WHERE kind = 'fraud.verdict'") == 5);
        CHECK(shop.count("ops.outbox") == 5);
        const Finished refused = shop.harmonia({"export", "outbox"});
        CHECK(refused.exit == 69);
        INFO(refused.err);
        CHECK(refused.err.find("broker") != std::string::npos);
        CHECK(shop.count("ops.outbox WHERE attempts = 0") == 5);
        shop.busy_hour(12);
        shop.must({"screen"});
        CHECK(shop.count("screening.verdict") == 16);
        CHECK(shop.count("ops.outbox") == 10);
    }
    const std::string order = shop.world.database.text(
        "SELECT string_agg(properties->>'message_id', ',' ORDER BY id) FROM ops.outbox");
    const auto published = shop.must({"export", "outbox"});
    CHECK(published["counts"]["published"] == 10);
    CHECK(shop.count("ops.outbox") == 0);
    std::string seen;
    broker::Session session(BrokerHost::instance().settings());
    while (const auto delivery = session.get("harmonia.alerts.deliver")) {
        CHECK(delivery->routing_key == "fraud.warning.review");
        seen += (seen.empty() ? "" : ",") + delivery->properties.message_id.value();
    }
    CHECK(seen == order); // ids are of different alerts, hence each once
}

TEST_CASE("O-59 the broker lost between a dead letter's commit and its copy's confirm: each letter "
          "once, each copy on the dead queue under one id, nothing acknowledged too early") {
    // No copy was sent; or copies were sent and their confirms not read yet.
    for (const char* place : {"import_queue_commit:after", "import_queue_reject:before"}) {
        INFO(place);
        const Site site;
        site.must({"configure"});
        Site::put("harmonia.alerts", "fraud.critical.declined",
                  {event_body(1), "{not json", event_body(2), "{nor this"});
        run_while_broker_restarts(site.launch({"import", "alerts"}), site.directory().path(), place,
                                  1);
        const Finished after = site.harmonia({"import", "alerts"});
        CHECK((after.exit == 0 || after.exit == 3)); // 3: they came once more
        CHECK(site.alerts() == 2);
        CHECK(site.database().text("SELECT string_agg(convert_from(body, 'UTF8'), ' ' ORDER BY "
                                   "body) FROM ops.dead_letter") == "{nor this {not json");
        std::map<std::string, std::string> copies;
        for (const auto& copy : Site::take_all("harmonia.alerts.dead"))
            CHECK(copies.emplace(copy.properties.message_id.value(), copy.body).first->second ==
                  copy.body);
        CHECK(copies.size() == 2);
        CHECK(Site::take_all("harmonia.alerts.deliver").empty());
    }
}
