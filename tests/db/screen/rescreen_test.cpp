// Late events, decisions of people, and changes of versions.
#include "jobs/screen/manage/lists.hpp"
#include "jobs/screen/manage/review.hpp"
#include "jobs/screen/manage/suppress.hpp"
#include "tests/db/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;

namespace {

std::string stale(const World& world) {
    return world.one("coalesce(string_agg(external_id, ' ' ORDER BY external_id), '') FROM "
                     "screening.fact JOIN screening.standing USING (payment_id) WHERE stale");
}

/// O-38: a payment at 10:02 arrives after the four were judged.
void late_use(World& world) {
    world.four_uses();
    world.screen();
    world.batch();
    world.payment("late", "10:02:00");
    world.screen();
}

template <typename Act>
int exit_of(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return static_cast<int>(error.exit());
    }
    return 0;
}

} // namespace

TEST_CASE("O-38 a late event is judged and makes stale the verdicts that it would have changed") {
    World world;
    late_use(world);
    CHECK(stale(world) == "b c d");
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW, late APPROVED");
    CHECK(world.one("count(*) FROM screening.verdict WHERE rev > 1") == "0");
    CHECK(world.one("sum(stale_marked) FROM screening.screen_run") == "3");
}

TEST_CASE("O-39 stale rows are judged again: approved ones go to review unless handed over") {
    World world;
    late_use(world);
    world.rescreen();
    CHECK(stale(world).empty());
    CHECK(world.states() == "a APPROVED, b APPROVED, c REVIEW, d REVIEW, late APPROVED");
    CHECK(world.one("rev || ' ' || outcome FROM screening.verdict v JOIN screening.standing s ON "
                    "s.current_verdict = v.id JOIN screening.fact f ON f.payment_id = v.payment_id "
                    "WHERE f.external_id = 'c'") == "2 review");
    CHECK(world.one("string_agg(from_state || to_state, ' ' ORDER BY l.state_version) FROM "
                    "screening.state_log l JOIN screening.fact f USING (payment_id) WHERE "
                    "external_id = 'c'") == "HELDAPPROVED APPROVEDREVIEW");
    CHECK(world.rescreen().runs.empty());

    World handed;
    late_use(handed);
    handed.database.execute("UPDATE harmonia.payment_transaction SET admitted_at = now() WHERE "
                            "screen = 'APPROVED'");
    handed.rescreen();
    CHECK(handed.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW, late APPROVED");
    CHECK(handed.one("count(*) FROM screening.alert WHERE kind = 'fraud.late_evidence'") == "1");
    CHECK(
        handed.one("rev FROM screening.verdict v JOIN screening.standing s ON s.current_verdict = "
                   "v.id JOIN screening.fact f ON f.payment_id = v.payment_id WHERE f.external_id "
                   "= 'c'") == "2");
}

TEST_CASE("payments left to a later run make nothing stale") {
    World world;
    world.four_uses();
    Options some = World::options();
    some.limit = 2;
    world.screen(some);
    world.screen();
    CHECK(stale(world).empty());
}

TEST_CASE("O-40 comments make no version, and nobody approves their own") {
    World world;
    CHECK(exit_of([&] { world.submit(std::string("# a comment\n") + k_velocity); }) == 78);
    std::string stricter = k_velocity;
    stricter.replace(stricter.find("> 3, score"), 3, "> 2");
    CHECK(world.submit(stricter) == 2);
    const auto connection = world.database.connect();
    CHECK(exit_of([&] { approve_ruleset(*connection, {"cards", 2}, "first", true); }) == 78);
    CHECK(exit_of([&] { activate_ruleset(*connection, {"cards", 2}, "second", ""); }) == 78);
    approve_ruleset(*connection, {"cards", 2}, "second", true);
    activate_ruleset(*connection, {"cards", 2}, "second", "");
    world.four_uses();
    world.screen();
    CHECK(world.states() == "a APPROVED, b APPROVED, c REVIEW, d REVIEW");
    CHECK(rollback_ruleset(*connection, "cards", "second", "too strict") == 1);
    CHECK(world.one("string_agg(version || ' ' || status, ', ' ORDER BY version) FROM "
                    "screening.rule_set") == "1 live, 2 retired");
    CHECK(world.one("string_agg(version || ' ' || cause, ', ' ORDER BY id) FROM "
                    "screening.rule_activation") == "1 activate, 2 activate, 1 rollback");
    CHECK(exit_of([&] {
              world.database.execute("UPDATE screening.rule_activation SET version = 1");
          }) != 0);
}

TEST_CASE("a candidate judges beside the live version without effect") {
    World world;
    std::string stricter = k_velocity;
    stricter.replace(stricter.find("> 3, score"), 3, "> 1");
    world.submit(stricter);
    shadow_ruleset(*world.database.connect(), {"cards", 2}, "2999-01-01", "first");
    world.four_uses();
    const Outcomes done = world.screen();
    CHECK(done.runs.at(0).shadow_version == 2);
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW");
    CHECK(world.one("string_agg(external_id || outcome, ' ' ORDER BY external_id) FROM "
                    "screening.verdict JOIN screening.fact USING (payment_id) WHERE is_shadow") ==
          "aapproved breview creview dreview");
    CHECK(world.one("count(*) FROM screening.alert WHERE kind = 'fraud.verdict'") == "1");
    const long long shadow =
        world.database.count("SELECT id FROM screening.screen_run WHERE mode = 'shadow'");
    CHECK(replay(world.settings(), shadow, Engine::scan, 1).different == 0);
}

TEST_CASE("a person decides; a move that does not exist is refused") {
    World world;
    world.four_uses();
    world.screen();
    const auto connection = world.database.connect();
    const auto items = list_reviews(*connection, {});
    REQUIRE(items.size() == 1);
    const long long id = items[0].payment_id;
    assign_review(*connection, id, "carol");
    CHECK(list_reviews(*connection, {})[0].assignee == "carol");
    ReviewFilter overdue;
    overdue.due = true;
    CHECK(list_reviews(*connection, overdue).empty());
    CHECK(exit_of([&] {
              decide_review(*connection, id, {Decision::override_decline, "carol", "why", false});
          }) == 70);
    decide_review(*connection, id, {Decision::decline, "carol", "stolen", true});
    CHECK(world.one("screen FROM harmonia.payment_transaction WHERE transaction_id = 'd'") ==
          "DECLINED");
    CHECK(exit_of([&] {
              decide_review(*connection, id, {Decision::approve, "carol", "", false});
          }) == 70);
    decide_review(*connection, id, {Decision::override_decline, "dave", "card was found", true});
    CHECK(world.one("string_agg(to_state || ' ' || actor || ' ' || cause, ', ' ORDER BY "
                    "l.state_version) FROM screening.state_log l JOIN screening.fact f USING "
                    "(payment_id) WHERE external_id = 'd'") ==
          "REVIEW screen verdict, DECLINED carol declined: stolen, APPROVED dave override: card "
          "was found");
    CHECK(world.one("string_agg(routing_key, ' ' ORDER BY id) FROM ops.outbox") ==
          "txn.declined txn.approved");
    CHECK(list_reviews(*connection, {}).empty());
}

TEST_CASE("lists change by revisions; what a run pinned stays readable") {
    World world;
    const auto connection = world.database.connect();
    CHECK(add_entries(*connection, "mccs", "mcc", {{"6051", "cash-like", "", {}, {}}}, "first")
              .changed == 1);
    CHECK(add_entries(*connection, "mccs", "", {{"6051", "cash-like", "", {}, {}}}, "first")
              .revision == 0);
    CHECK(add_entries(*connection, "mccs", "", {{"6051", "other reason", "", {}, {}}}, "first")
              .revision == 2);
    CHECK(remove_entries(*connection, "mccs", {"6051", "1111"}, "second").changed == 1);
    CHECK(show_list(*connection, "mccs").empty());
    CHECK(world.one("string_agg(revision || '-' || removed_revision, ' ' ORDER BY revision) FROM "
                    "screening.value_list_entry WHERE list = 'mccs'") == "1-2 2-3");
    CHECK(exit_of([&] { add_entries(*connection, "mccs", "card", {}, "x"); }) == 64);
    CHECK(exit_of([&] { remove_entries(*connection, "none", {"1"}, "x"); }) == 66);
    CHECK(load_rates(*connection, {{"2026-03-01", "USD", "EUR", "0.9235"}}).revision == 4);
    CHECK(load_rates(*connection, {{"2026-03-01", "USD", "EUR", "0.92350"}}).same == 1);
    StoredSuppression wanted;
    wanted.ruleset = "cards";
    wanted.rule_id = "*";
    wanted.key = "customer";
    wanted.value = "c1";
    wanted.created_by = "first";
    wanted.reason = "known";
    const auto id = suppress(*connection, wanted, 3'600'000);
    CHECK(list_suppressions(*connection, false).size() == 1);
    CHECK(end_suppression(*connection, id));
    CHECK_FALSE(end_suppression(*connection, id));
    CHECK(list_suppressions(*connection, false).empty());
}
