#include "core/base/error.hpp"
#include "core/broker/session.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::broker;
using namespace harmonia::test;

namespace {

Topology contract_of_2018(const std::string& name) {
    Topology topology;
    topology.exchanges.push_back({.name = name});
    topology.queues.push_back({.name = name});
    topology.bindings.push_back({.queue = name, .exchange = name, .routing_key = name});
    return topology;
}

} // namespace

TEST_CASE("declaring twice changes nothing, and what was declared routes") {
    Session session(BrokerHost::instance().settings());
    const auto topology = contract_of_2018("declared");
    session.declare(topology);
    session.declare(topology);
    CHECK(session.exchange_exists("declared"));
    Publisher publisher(BrokerHost::instance().settings());
    auto message = message_to("declared", "x");
    message.exchange = "declared";
    publisher.publish(message, 1);
    while (publisher.outstanding() > 0)
        for (const auto& outcome :
             publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(1)))
            CHECK(outcome.state == Outcome::State::confirmed);
    CHECK(session.ready_count("declared") == 1U);
    CHECK(session.purge("declared") == 1);
    CHECK_FALSE(session.get("declared"));
}

TEST_CASE("a mismatch is a configuration error with the broker's own words; the session goes on") {
    Session session(BrokerHost::instance().settings());
    Topology other;
    other.queues.push_back({.name = "mismatch", .arguments = R"({"x-max-length":7})"});
    session.declare(other);
    try {
        session.declare(contract_of_2018("mismatch"));
        FAIL("declared");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::config);
        const std::string what = problem.what();
        CHECK(what.find("declaring queue 'mismatch'") != std::string::npos);
        CHECK(what.find("x-max-length") != std::string::npos);
        CHECK_FALSE(problem.hint().empty());
    }
    CHECK(session.ready_count("mismatch") == 0U);
    CHECK_FALSE(session.ready_count("absent"));
    CHECK_FALSE(session.exchange_exists("absent"));
    CHECK(session.ready_count("mismatch") == 0U);
    session.delete_queue("absent");
}
