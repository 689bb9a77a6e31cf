// `screen` over held payments: verdicts, hits, states, options.
#include "tests/db/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;

TEST_CASE("O-17 the fourth use of a card in ten minutes is reviewed, with its reason") {
    World world;
    world.four_uses();
    const Outcomes done = world.screen();
    REQUIRE(done.runs.size() == 1);
    CHECK(done.runs[0].counts.rows == 4);
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW");
    CHECK(world.one("outcome || ' ' || score || ' ' || decided_by FROM screening.verdict v JOIN "
                    "screening.fact f USING (payment_id) WHERE external_id = 'd'") ==
          "review 45 threshold");
    CHECK(world.one("string_agg(rule_id || ' ' || reason, ',') FROM screening.verdict_hit") ==
          "V-CARD-10M 4 uses");
    CHECK(world.one("count(*) FROM screening.review_item WHERE decided_at IS NULL AND queue = "
                    "'cards' AND due_at > opened_at") == "1");
    CHECK(world.one("count(*) FROM screening.state_log WHERE from_state = 'HELD'") == "4");
    CHECK(world.one("kind || ' ' || severity FROM screening.alert WHERE kind LIKE 'fraud%'") ==
          "fraud.verdict warning");
    CHECK(world.screen().runs.empty());
    CHECK(world.one("count(*) FROM screening.verdict") == "4");
}

TEST_CASE("O-18 a window is closed at both ends, to the microsecond") {
    World world;
    world.four_uses();
    world.payment("e", "10:10:00");
    world.screen();
    CHECK(world.one("reason FROM screening.verdict_hit h JOIN screening.verdict v ON v.id = "
                    "h.verdict_id JOIN screening.fact f USING (payment_id) WHERE f.external_id = "
                    "'e'") == "5 uses");
    World later;
    later.four_uses();
    later.payment("e", "10:10:00.000001");
    later.screen();
    CHECK(later.one("reason FROM screening.verdict_hit h JOIN screening.verdict v ON v.id = "
                    "h.verdict_id JOIN screening.fact f USING (payment_id) WHERE f.external_id = "
                    "'e'") == "4 uses");
}

TEST_CASE("a held payment without an active rule set stays held and is reported") {
    World world("");
    world.four_uses();
    const Outcomes done = world.screen();
    CHECK(done.runs.empty());
    CHECK(done.inactive == std::vector<std::string>{"cards"});
    CHECK(world.states() == "a HELD, b HELD, c HELD, d HELD");
}

TEST_CASE("what the rule set leaves out is approved, out of scope") {
    World world;
    world.payment("pay-out", "10:00:00", {{"kind", "'payout'"}});
    world.screen();
    CHECK(world.states() == "pay-out APPROVED");
    CHECK(world.one("decided_by FROM screening.verdict") == "out_of_scope");
}

TEST_CASE("rows of a batch that is not closed are neither judged nor seen") {
    World world;
    world.four_uses();
    world.database.execute("UPDATE ops.import_batch SET state = 'open', close_seq = NULL");
    world.batch();
    world.payment("e", "10:10:00");
    world.screen();
    CHECK(world.states() == "a HELD, b HELD, c HELD, d HELD, e APPROVED");
}

TEST_CASE("O-29 a card on a managed list is declined, whoever the customer is") {
    World world;
    world.database.execute(
        "INSERT INTO screening.value_list_entry (list, value, added_by, revision) VALUES "
        "('stop_cards', encode(sha256('card 1'), 'hex'), 'test', 0), ('vip', 'c1', 'test', 0)");
    world.payment("x", "10:00:00", {{"amount_minor", "5000"}});
    world.screen();
    CHECK(world.states() == "x DECLINED");
    CHECK(world.one("decided_by FROM screening.verdict") == "rule B-STOPLIST");
    CHECK(world.one("string_agg(rule_id, ' ' ORDER BY position) FROM screening.verdict_hit") ==
          "B-STOPLIST P-VIP");
    CHECK(world.one("labels->>'rule' || ' ' || (labels->>'card') FROM screening.alert WHERE kind = "
                    "'fraud.verdict'") ==
          "B-STOPLIST " + world.one("left(encode(sha256('card 1'), 'hex'), 16)"));
}

TEST_CASE("O-42 a suppressed hit stays, without score") {
    World world;
    world.database.execute(
        "INSERT INTO screening.suppression (ruleset, rule_id, key, value, starts_at, expires_at, "
        "created_by, reason, revision) VALUES ('cards', 'V-CARD-10M', 'customer', 'c1', "
        "'2026-03-01Z', '2026-03-08Z', 'test', 'known', 0)");
    world.four_uses(); // on day 3
    for (const char* id : {"p", "q", "r", "s"})
        world.payment(id, "2026-03-08 00:00:00Z");
    world.screen();
    CHECK(world.one("screen FROM harmonia.payment_transaction WHERE transaction_id = 'd'") ==
          "APPROVED");
    CHECK(world.one("suppressed_by FROM screening.verdict_hit h JOIN screening.verdict v ON v.id = "
                    "h.verdict_id JOIN screening.fact f USING (payment_id) WHERE external_id = "
                    "'d'") == "customer=c1");
    CHECK(world.one("screen FROM harmonia.payment_transaction WHERE transaction_id = 's'") ==
          "REVIEW");
}

TEST_CASE("O-47 a dry run counts and writes nothing") {
    World world;
    world.four_uses();
    const std::string tables =
        "string_agg(relname || n, ' ' ORDER BY relname) FROM (SELECT relname, (xpath('/row/c/"
        "text()', query_to_xml('SELECT count(*) AS c FROM screening.' || relname, false, true, "
        "'')))[1]::text AS n FROM pg_class WHERE relnamespace = 'screening'::regnamespace AND "
        "relkind IN ('r', 'p')) t";
    const std::string before = world.one(tables);
    Options dry = World::options();
    dry.dry_run = true;
    const Outcomes done = world.screen(dry);
    REQUIRE(done.runs.size() == 1);
    CHECK(done.runs[0].counts.approved == 3);
    CHECK(done.runs[0].counts.review == 1);
    CHECK(world.one(tables) == before);
    CHECK(world.states() == "a HELD, b HELD, c HELD, d HELD");
}

TEST_CASE("--limit judges the earliest, --settle leaves the youngest") {
    World world;
    world.four_uses();
    Options some = World::options();
    some.limit = 2;
    world.screen(some);
    CHECK(world.states() == "a APPROVED, b APPROVED, c HELD, d HELD");
    world.payment("young", world.one("to_char(now(), 'YYYY-MM-DD HH24:MI:SSOF')"));
    Options settled = World::options();
    settled.settle_us = 120'000'000;
    world.screen(settled);
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW, young HELD");
}

TEST_CASE("a second run of one rule set is refused while the first holds it") {
    World world;
    world.four_uses();
    const auto other = world.database.connect();
    const auto lock = db::SessionLock::acquire(*other, db::LockClass::screen_rule_set, "cards",
                                               std::chrono::milliseconds(0));
    try {
        world.screen();
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::try_again);
    }
    CHECK(world.states() == "a HELD, b HELD, c HELD, d HELD");
}
