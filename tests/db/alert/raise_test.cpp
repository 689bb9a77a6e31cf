#include "core/observe/alert_event.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

using namespace harmonia;
using observe::AlertEvent;

namespace {

AlertEvent declined(const std::string& transaction) {
    AlertEvent event;
    event.kind = "fraud.verdict";
    event.severity = "critical";
    event.at_us = 1'772'619'000'000'001;
    event.labels = {{"card", "0622241201382a45"}, {"outcome", "declined"}};
    event.summary = "declined " + transaction;
    event.verdict = {"shop-a", "AUTH", transaction, "cards", 1};
    return event;
}

std::size_t raise(const test::TempDatabase& database, const std::vector<AlertEvent>& events,
                  const observe::RaiseOptions& options = {}) {
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    const auto fresh = observe::raise_alerts(tx, events, options);
    tx.commit(Failpoint::run_open_commit);
    return fresh;
}

} // namespace

TEST_CASE("an alert is raised once, whoever raises it again") {
    const test::TempDatabase database;
    auto fact = declined("77120");
    fact.payment_id = 4711;
    database.execute("INSERT INTO screening.standing (payment_id, ruleset, state_version) "
                     "VALUES (4711, 'cards', 1)");
    CHECK(raise(database, {fact, declined("77121"), fact}) == 2);
    CHECK(raise(database, {fact}) == 0);
    CHECK(database.count("SELECT count(*) FROM screening.alert") == 2);
    CHECK(database.text("SELECT alert_state FROM screening.standing") == "queued");
    CHECK(database.text("SELECT at FROM screening.alert WHERE summary = 'declined 77120'") ==
          "2026-03-04 10:10:00.000001+00");
    CHECK(database.text("SELECT fingerprint FROM screening.alert LIMIT 1") ==
          "54a90f4483ba728d22fecd906c239743bfc731a90c30610297e72b79fede0be3");
    CHECK(database.count("SELECT count(*) FROM ops.outbox") == 0);
}

TEST_CASE("an alert that is published goes to the outbox once, under its own id") {
    const test::TempDatabase database;
    CHECK(raise(database, {declined("1"), declined("2")}, {.publish = true}) == 2);
    CHECK(raise(database, {declined("2"), declined("3")}, {.publish = true}) == 1);
    CHECK(database.count("SELECT count(*) FROM ops.outbox o JOIN screening.alert a ON"
                         " o.properties->>'message_id' = a.id::text AND"
                         " (o.body::jsonb)->>'id' = a.id::text"
                         " WHERE routing_key = 'fraud.critical.declined'") == 3);
}

TEST_CASE("an invalid alert is refused") {
    const test::TempDatabase database;
    auto event = declined("1");
    event.severity = "loud";
    CHECK_THROWS_AS(raise(database, {event}), Error);
    event = declined("1");
    event.details = "[]";
    CHECK_THROWS_AS(raise(database, {event}), Error);
}
