// The alert about a run that declines too much.
#include "tests/db/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;

namespace {

/// Ten more payments, `declined` of them large.
void ten(World& world, int declined) {
    static int number = 0;
    world.batch();
    for (int i = 0; i < 10; ++i)
        world.payment(fmt::format("p{:03}", ++number), "10:00:00",
                      {{"amount_minor", i < declined ? "20000" : "1000"}});
}

} // namespace

TEST_CASE("fraud.rate: raised once for a run that declined more than its limit") {
    World world(test::cards_ruleset(R"(
rules:
  - {id: LARGE, when: amount > 100.00, action: block, reason: "{amount}"}
)"));
    const auto screen = [&](const char* yaml) {
        return run(
            world.settings(std::string("alerts: {publish: true}\nscreening: {chunk_rows: 4, ") +
                           yaml + "}"),
            World::options());
    };
    const auto raised = [&] {
        return world.one(
            "coalesce(string_agg(summary, '; ' ORDER BY seq), '') FROM screening.alert "
            "WHERE kind = 'fraud.rate'");
    };
    ten(world, 9);
    screen("threads: 1"); // no limit
    ten(world, 3);
    screen("decline_alert: 30, decline_alert_rows: 10"); // just the limit
    ten(world, 9);
    screen("decline_alert: 30, decline_alert_rows: 11"); // too few to say
    CHECK(raised().empty());

    ten(world, 4);
    const auto outcomes = screen("decline_alert: 30, decline_alert_rows: 10");
    CHECK(raised() == "cards@1 declined 4 of 10 payments, more than 30 %");
    CHECK(world.one("concat_ws(' ', severity, labels->>'ruleset', labels->>'outcome', "
                    "correlation->>'screen_run') FROM screening.alert WHERE kind = 'fraud.rate'") ==
          fmt::format("critical cards declined {}", outcomes.runs.at(0).run));
    CHECK(world.one("string_agg(routing_key, ' ') FROM ops.outbox WHERE exchange = "
                    "'harmonia.alerts' AND properties->>'type' = 'fraud.rate'") ==
          "fraud.critical.rate");
    // Raised again, as after a run that died before it was closed: it is the same alert.
    raise_rate_alert(*world.database.connect(), outcomes.runs.at(0).run, {30, 10});
    CHECK(world.one("count(*) FROM screening.alert WHERE kind = 'fraud.rate'") == "1");
}
