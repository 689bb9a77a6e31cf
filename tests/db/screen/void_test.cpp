// Payments that their source cancelled, and the messages about new states of payments.
#include "jobs/audit/load.hpp"
#include "jobs/screen/manage/explain_run.hpp"
#include "jobs/screen/manage/review.hpp"
#include "tests/db/screen/world.hpp"

#include <nlohmann/json.hpp>

#include <future>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

bool cancel(const World& world, long long payment, bool publish = false) {
    return decide_review(*world.database.connect(), payment,
                         {Decision::cancel, "erin", "ordered twice", publish});
}

int exit_of_cancel(const World& world, long long payment) {
    try {
        cancel(world, payment);
    } catch (const Error& error) {
        return static_cast<int>(error.exit());
    }
    return 0;
}

long long id_of(const World& world, const std::string& transaction) {
    return world.database.count("SELECT id FROM harmonia.payment_transaction WHERE "
                                "transaction_id = '" +
                                transaction + "'");
}

std::string log_of(const World& world, const std::string& transaction) {
    return world.one("string_agg(concat_ws(' ', from_state, to_state, actor, cause), ', ' ORDER BY "
                     "state_version) FROM screening.state_log JOIN screening.fact USING "
                     "(payment_id) WHERE external_id = '" +
                     transaction + "'");
}

std::string broken(const World& world) {
    const auto connection = world.database.connect();
    db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
    std::string names;
    for (const auto& finding : audit::check(snapshot, {"screening"}))
        if (finding.total > 0)
            names += finding.name + " ";
    return names;
}

/// The routing key of each message and, if it has one, the answer of 2018.
std::string messages(const World& world) {
    return world.one("coalesce(string_agg(concat_ws(' ', routing_key, body"
                     "::jsonb->'code', body::jsonb->'message'), ', ' ORDER "
                     "BY id), '') FROM ops.outbox");
}

/// Returns when a session waits for a lock that this test holds.
void until_one_waits(const World& world) {
    while (world.one("count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                     "wait_event_type = 'Lock'") == "0")
        std::this_thread::yield();
}

} // namespace

TEST_CASE("a held payment that is cancelled is no longer pending and never judged") {
    World world;
    world.four_uses();
    CHECK(cancel(world, id_of(world, "b")));
    CHECK_FALSE(cancel(world, id_of(world, "b")));
    CHECK(log_of(world, "b") == "HELD VOID erin void: ordered twice");
    CHECK(world.one("count(*) FROM screening.waiting") == "3");
    world.screen();
    CHECK(world.states() == "a APPROVED, b VOID, c APPROVED, d REVIEW");
    CHECK(world.one("count(*) FROM screening.verdict v JOIN screening.fact f USING (payment_id) "
                    "WHERE f.external_id = 'b'") == "0");
    CHECK(broken(world).empty());
}

TEST_CASE("a payment under review that is cancelled closes its item, whatever comes late") {
    World world;
    world.four_uses();
    world.screen();
    const long long id = id_of(world, "d");
    CHECK(cancel(world, id));
    CHECK(list_reviews(*world.database.connect(), {}).empty());
    CHECK(world.one("decision || ' ' || decided_by || ' ' || reason FROM screening.review_item") ==
          "void erin ordered twice");
    CHECK(log_of(world, "d") == "HELD REVIEW screen verdict, REVIEW VOID erin void: ordered twice");
    world.batch();
    world.payment("late", "10:02:00");
    world.screen();
    CHECK(world.one("string_agg(external_id, ' ' ORDER BY external_id) FROM screening.standing "
                    "JOIN screening.fact USING (payment_id) WHERE stale") == "b c");
    world.rescreen();
    CHECK(world.states() == "a APPROVED, b APPROVED, c REVIEW, d VOID, late APPROVED");
    const auto why = explain_payment(world.database.settings(), id, false);
    CHECK((why.state == "VOID" && why.reproduced && why.rev == 1));
    const long long run = world.database.count("SELECT min(id) FROM screening.screen_run");
    CHECK(replay(world.settings(), run, Engine::scan, 1).different == 0);
    CHECK(broken(world).empty());
}

TEST_CASE("match never admits a cancelled payment, and an admitted payment is never cancelled") {
    World world;
    world.four_uses();
    world.screen();
    CHECK(cancel(world, id_of(world, "b")));
    const auto done = test::run({{test::program("harmonia"), "match"},
                                 {{"HARMONIA_DATABASE_DSN", world.database.dsn()}},
                                 "",
                                 0});
    INFO(done.out << done.err);
    CHECK(done.exit == 0);
    CHECK(world.one("string_agg(transaction_id, ' ' ORDER BY transaction_id) FROM "
                    "harmonia.payment_transaction WHERE admitted_at IS NOT NULL") == "a c");
    CHECK(exit_of_cancel(world, id_of(world, "a")) == 70);
    decide_review(*world.database.connect(), id_of(world, "d"),
                  {Decision::decline, "erin", "", false});
    CHECK(exit_of_cancel(world, id_of(world, "d")) == 70);
    CHECK(exit_of_cancel(world, 999'999) == 66);
    CHECK(world.states() == "a APPROVED, b VOID, c APPROVED, d DECLINED");
    CHECK(broken(world).empty());
}

TEST_CASE("a payment that match admits at the same moment stays with match") {
    World world;
    world.four_uses();
    world.screen();
    const long long id = id_of(world, "a");
    const auto match = world.database.connect();
    db::Transaction admitting(*match);
    admitting.exec("UPDATE harmonia.payment_transaction SET admitted_at = now() WHERE id = $1", id);
    auto cancelling = std::async(std::launch::async, [&] { return exit_of_cancel(world, id); });
    until_one_waits(world);
    admitting.commit(Failpoint::screen_manage_commit);
    CHECK(cancelling.get() == 75);
    CHECK(exit_of_cancel(world, id) == 70);
    CHECK(log_of(world, "a") == "HELD APPROVED screen verdict");
    CHECK(broken(world).empty());
}

TEST_CASE("a chunk with a payment that is cancelled meanwhile is judged again without it") {
    World world;
    world.four_uses();
    const long long id = id_of(world, "d");
    const auto person = world.database.connect();
    db::Transaction cancelling(*person);
    cancelling.exec("DELETE FROM screening.waiting WHERE payment_id = $1", id);
    auto screening = std::async(std::launch::async, [&] {
        try {
            world.screen();
        } catch (const Error& error) {
            return static_cast<int>(error.exit());
        }
        return 0;
    });
    until_one_waits(world);
    cancelling.exec("INSERT INTO screening.standing (payment_id, ruleset, state_version) VALUES "
                    "($1, 'cards', 1)",
                    id);
    cancelling.exec("INSERT INTO screening.state_log (payment_id, state_version, from_state, "
                    "to_state, actor, cause) VALUES ($1, 1, 'HELD', 'VOID', 'erin', 'void')",
                    id);
    cancelling.exec("UPDATE harmonia.payment_transaction SET screen = 'VOID' WHERE id = $1", id);
    cancelling.commit(Failpoint::screen_review_commit);
    CHECK(screening.get() == 75);
    CHECK(world.states() == "a HELD, b HELD, c HELD, d VOID");
    world.screen();
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d VOID");
    CHECK(broken(world).empty());
}

TEST_CASE("the answer of 2018 is part of the message, isFraud exactly when declined") {
    World world;
    world.four_uses();
    world.database.execute(
        "INSERT INTO screening.value_list_entry (list, value, added_by, revision) VALUES "
        "('stop_cards', encode(sha256('card 2'), 'hex'), 'test', 0)");
    world.payment("x", "11:00:00", {{"card_id", std::to_string(world.card(2))}});
    (void)run(world.settings("screening: {publish: true, legacy_reply: true}"), World::options());
    CHECK(world.one("string_agg(concat_ws(' ', b->>'transaction_id', b->>'outcome', b->'code', "
                    "b->'message'), ', ' ORDER BY b->>'transaction_id') FROM (SELECT "
                    "body::jsonb AS b FROM ops.outbox) o") ==
          R"(a approved 200 {"isFraud": false}, b approved 200 {"isFraud": false}, )"
          R"(c approved 200 {"isFraud": false}, d review 200 {"isFraud": false}, )"
          R"(x declined 200 {"isFraud": true})");
    world.database.execute("DELETE FROM ops.outbox");
    const auto connection = world.database.connect();
    const long long id = id_of(world, "d");
    decide_review(*connection, id, {Decision::decline, "erin", "", true, true});
    decide_review(*connection, id, {Decision::override_decline, "erin", "found", true, true});
    decide_review(*connection, id, {Decision::cancel, "erin", "", true, true});
    CHECK(messages(world) == R"(txn.declined 200 {"isFraud": true}, txn.approved 200 )"
                             R"({"isFraud": false}, txn.void 200 {"isFraud": false})");
    CHECK(world.one("count(DISTINCT properties->>'message_id') FROM ops.outbox") == "3");
    CHECK_THROWS_AS(world.settings("screening: {legacy_reply: true}"), Error);
}

TEST_CASE("a message states the new state of a payment, not the outcome of its new revision") {
    World world;
    world.four_uses();
    world.screen();
    decide_review(*world.database.connect(), id_of(world, "d"),
                  {Decision::decline, "erin", "", false});
    // The fourth use is harmless now: its new verdict is approved, but a person must look.
    world.database.execute(
        "INSERT INTO screening.value_list_entry (list, value, added_by, revision) VALUES ('vip', "
        "'c1', 'test', 1); UPDATE screening.list_revision SET revision = 1; UPDATE "
        "screening.standing SET stale = true WHERE payment_id = " +
        std::to_string(id_of(world, "d")));
    Options again = World::options();
    again.rescreen = true;
    (void)run(world.settings("screening: {publish: true}"), again);
    CHECK(world.states() == "a APPROVED, b APPROVED, c APPROVED, d REVIEW");
    CHECK(world.one("outcome FROM screening.verdict WHERE rev = 2") == "approved");
    CHECK(messages(world) == "txn.review");
}
