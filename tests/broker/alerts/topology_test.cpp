// What `configure` declares for alerts, and where messages go that nobody takes.
#include "core/db/connection.hpp"
#include "tests/broker/alerts/site.hpp"

using namespace harmonia;
using namespace harmonia::test;

namespace {

constexpr const char* k_publish_only =
    "alerts: {publish: true}\n"
    "feeds:\n  - {name: alerts, sink: alerts}\n  - {name: alerts-2018, sink: alerts}\n";

nlohmann::json queue(const std::string& name) {
    return nlohmann::json::parse(BrokerHost::instance().api("GET", "/queues/%VHOST%/" + name));
}
nlohmann::json exchange(const std::string& name) {
    return nlohmann::json::parse(BrokerHost::instance().api("GET", "/exchanges/%VHOST%/" + name));
}

} // namespace

TEST_CASE("configure declares the exchanges and queues of alerts as documented, and again") {
    const Site site;
    site.must({"configure"});
    site.must({"configure"});
    const auto alerts = exchange("harmonia.alerts");
    CHECK(alerts["type"] == "topic");
    CHECK(alerts["durable"] == true);
    CHECK(alerts["arguments"]["alternate-exchange"] == "harmonia.alerts.unrouted");
    CHECK(exchange("harmonia.alerts.unrouted")["type"] == "fanout");
    CHECK(exchange("harmonia.alerts.dlx")["type"] == "topic");
    const auto deliver = queue("harmonia.alerts.deliver");
    CHECK(deliver["durable"] == true);
    CHECK(deliver["arguments"]["x-queue-type"] == "quorum");
    CHECK(deliver["arguments"]["x-dead-letter-exchange"] == "harmonia.alerts.dlx");
    CHECK(deliver["arguments"]["x-delivery-limit"] == 5);
    CHECK(exchange("dummy-exchange")["type"] == "topic");
    CHECK(exchange("dummy-exchange")["durable"] == false); // as the original's clients declare it
    CHECK(queue("dummy_alerts_queue")["durable"] == true);
    CHECK(queue("dummy_alerts_queue")["arguments"].empty());
}

TEST_CASE("messages of the queue of alerts that the broker gives up go to the dead queue") {
    const Site site;
    site.must({"configure"});
    Site::put("harmonia.alerts", "fraud.critical.declined", {event_body(1)});
    {
        broker::Consumer consumer(BrokerHost::instance().settings(),
                                  {.queue = "harmonia.alerts.deliver"});
        const auto delivery = consumer.next(std::chrono::seconds(20));
        REQUIRE(delivery);
        CHECK(consumer.reject(delivery->tag, Failpoint::import_queue_reject));
        for (int polls = 0; polls < 200; ++polls) {
            broker::Session session(BrokerHost::instance().settings());
            if (session.ready_count("harmonia.alerts.dead") == 1)
                break;
        }
    }
    const auto dead = Site::take_all("harmonia.alerts.dead");
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].body == event_body(1));
}

TEST_CASE("an exchange or queue of alerts that exists in another form is a configuration error") {
    const Site site;
    broker::Session session(BrokerHost::instance().settings());
    SECTION("an exchange of another type") {
        session.declare({{{"harmonia.alerts", "direct"}}, {}, {}});
        const Finished refused = site.harmonia({"configure"});
        INFO(refused.err);
        CHECK(refused.exit == 78);
        CHECK(refused.err.find("harmonia.alerts") != std::string::npos);
        CHECK(refused.err.find("type") != std::string::npos);
    }
    SECTION("a queue with other arguments") {
        session.declare({{}, {{"harmonia.alerts.deliver"}}, {}});
        const Finished refused = site.harmonia({"configure"});
        INFO(refused.err);
        CHECK(refused.exit == 78);
        CHECK(refused.err.find("harmonia.alerts.deliver") != std::string::npos);
        CHECK(refused.err.find("x-") != std::string::npos);
    }
}

TEST_CASE("O-60 a routing key that no queue is bound by: kept on harmonia.alerts.unrouted") {
    const Site site(k_publish_only);
    site.must({"configure"});
    broker::Session session(BrokerHost::instance().settings());
    CHECK(!session.ready_count("harmonia.alerts.deliver")); // nobody here reads alerts
    session.declare({{}, {{"only-fraud"}}, {{"only-fraud", "harmonia.alerts", "fraud.#"}}});
    const auto connection = site.database().connect();
    db::Transaction tx(*connection);
    std::vector<observe::AlertEvent> events(2);
    events[0].kind = "fraud.rate";
    events[1].kind = "import.rejects";
    observe::raise_alerts(tx, events, {.publish = true});
    tx.commit(Failpoint::run_open_commit);
    CHECK(Site::counted(site.must({"export", "outbox"}), "published") == 2);
    const auto wanted = Site::take_all("only-fraud");
    const auto unrouted = Site::take_all("harmonia.alerts.unrouted");
    session.delete_queue("only-fraud");
    REQUIRE(wanted.size() == 1);
    CHECK(wanted[0].routing_key == "fraud.warning.rate");
    REQUIRE(unrouted.size() == 1);
    CHECK(unrouted[0].routing_key == "ops.warning.import_rejects");
    CHECK(nlohmann::json::parse(unrouted[0].body)["id"] ==
          unrouted[0].properties.message_id.value());
    CHECK(site.database().count("SELECT count(*) FROM ops.outbox") == 0);
}
