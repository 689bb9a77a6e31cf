// RabbitMQ is down while payments are screened: verdicts stand, alerts wait, nothing is lost.
#include "tests/db/screen/world.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/services.hpp"

#include <nlohmann/json.hpp>

#include <set>

using namespace harmonia;
using namespace harmonia::test;

namespace {

/// Stopped until it goes.
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
