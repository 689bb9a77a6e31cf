// Alerts about screening itself: stored, and with `alerts.publish` sent too.
#include "core/observe/alert_event.hpp"
#include "tests/db/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;

namespace {

/// Routing keys of messages to be sent, each of an alert that is stored under the message's id.
std::string published(const World& world) {
    return world.one("coalesce(string_agg(routing_key, ' ' ORDER BY o.id), '') FROM ops.outbox o "
                     "JOIN screening.alert a ON a.id::text = properties->>'message_id' AND a.kind "
                     "= properties->>'type' WHERE exchange = 'harmonia.alerts' AND "
                     "body::jsonb->>'summary' = a.summary");
}

} // namespace

TEST_CASE("a payment's alert is queued, unless an earlier import of the payment raised it") {
    World world;
    observe::AlertEvent before;
    before.kind = "fraud.verdict";
    before.severity = "warning";
    before.summary = "of a payment that was purged since";
    before.at_us = 1'772'619'000'000'000;
    before.verdict = {"shop-a", "AUTH", "d", "cards", 1};
    const auto connection = world.database.connect();
    db::Transaction tx(*connection);
    CHECK(observe::raise_alerts(tx, {&before, 1}, {}) == 1);
    tx.commit(Failpoint::run_open_commit);
    world.four_uses();
    world.payment("e", "10:09:59.5");
    world.screen();
    CHECK(world.one("string_agg(external_id || ' ' || alert_state, ', ' ORDER BY external_id) FROM "
                    "screening.standing JOIN screening.fact USING (payment_id)") ==
          "a none, b none, c none, d none, e queued");
}

TEST_CASE("rules.activated: every change of the live version raises an alert") {
    World world;
    CHECK(world.one("kind || ' ' || summary FROM screening.alert") ==
          "rules.activated cards@1 is active (activate by second)");
    CHECK(published(world).empty()); // alerts.publish is false there
    std::string stricter = k_velocity;
    stricter.replace(stricter.find("> 3, score"), 3, "> 1");
    world.submit(stricter);
    const auto connection = world.database.connect();
    approve_ruleset(*connection, {"cards", 2}, "second", true);
    activate_ruleset(*connection, {"cards", 2}, "second", "", true);
    CHECK(published(world) == "ops.info.rules_activated");
    CHECK(rollback_ruleset(*connection, "cards", "third", "too strict", true) == 1);
    CHECK(published(world) == "ops.info.rules_activated ops.info.rules_activated");
    CHECK(world.one("summary FROM screening.alert ORDER BY seq DESC LIMIT 1") ==
          "cards@1 is active (rollback by third)");
}

TEST_CASE("screen.failed: a rule set that no longer loads raises an alert, and nothing is judged") {
    World world;
    world.four_uses();
    world.database.execute("UPDATE screening.rule_set SET yaml = 'ruleset: cards'");
    for (const char* publish : {"false", "true"})
        CHECK_THROWS_AS((void)run(world.settings(fmt::format("alerts: {{publish: {}}}", publish)),
                                  World::options()),
                        Error);
    CHECK(
        world.one("count(*) || ' ' || min(labels->>'exit') || ' ' || min(labels->>'ruleset') || "
                  "' ' || min(severity::text) FROM screening.alert WHERE kind = 'screen.failed'") ==
        "2 78 cards critical");
    CHECK(published(world) == "ops.critical.screen_failed");
    CHECK(world.states() == "a HELD, b HELD, c HELD, d HELD");
}
