#include "core/base/error.hpp"
#include "jobs/configure/topology.hpp"
#include "jobs/dead_letter/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;

TEST_CASE("each queue, exchange and binding is declared once") {
    const auto topology = configure::topology_of(
        {{"a", "a", false}, {"a", "a", false}, {"b", "shared", true}, {"c", "shared", false}});
    REQUIRE(topology.queues.size() == 3);
    CHECK(topology.queues[0].arguments == "{}");
    CHECK(topology.queues[1].arguments == R"({"x-queue-type":"quorum"})");
    CHECK(topology.exchanges.size() == 2);
    REQUIRE(topology.bindings.size() == 3);
    CHECK(topology.bindings[1].exchange == "shared");
    CHECK(topology.bindings[1].routing_key == "b");
    CHECK_THROWS_AS(configure::topology_of({{"a", "a", false}, {"a", "a", true}}), Error);
}

TEST_CASE("a dead letter goes back to its own queue with its own properties") {
    dead_letter::Letter letter;
    letter.id = 7;
    letter.queue = "visa-auth";
    letter.exchange = "shared";
    letter.properties =
        R"({"type":"t","expiration":"5","user_id":"them","headers":{"X-Retry-Count":2}})";
    const auto replay = dead_letter::replay_of(letter);
    CHECK(replay.routing_key == "visa-auth");
    CHECK(replay.properties == R"({"type":"t"})");
    CHECK(replay.headers == R"({"X-Retry-Count":2})");
    CHECK(replay.key == "dead-letter-7");
}
