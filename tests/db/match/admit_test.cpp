#include "tests/db/match/world.hpp"

using namespace harmonia;
using namespace harmonia::match;

namespace {

const Columns k_auth{{"feed_type", "'AUTH'"}, {"settlement_key", "'k'"}};
const Columns k_settled{{"settlement_key", "'k'"}};

Columns with(Columns base, const Columns& more) {
    for (const auto& [column, value] : more)
        base[column] = value;
    return base;
}

/// Live rows: the examples leave MERGED ones out.
std::string live(const World& world) {
    return world.one("string_agg(concat_ws(' ', feed_type, transaction_id, spend_amount, status), "
                     "', ' ORDER BY feed_type, transaction_id) "
                     "FROM harmonia.payment_transaction WHERE status <> 'MERGED'");
}

} // namespace

TEST_CASE("M-38 a settlement changes its pending authorisation, which matches its amount") {
    const bool between = GENERATE(false, true);
    World world(k_shop);
    world.payment("auth", with(k_auth, {{"spend_amount", "5000"}}));
    if (between)
        CHECK(world.match().counts.none == 1);
    world.payment("settled", with(k_settled, {{"spend_amount", "5500"},
                                              {"transaction_date", "'2026-03-11 12:00Z'"}}));
    world.scheme("s", {{"spend_amount", "5500"}});
    const Outcomes done = world.match();
    CHECK(done.counts.merged == 1);
    CHECK(done.counts.promoted == 1);
    CHECK(done.counts.matched == 1);
    CHECK(live(world) == "AUTH settled 5500 MATCHED");
    CHECK(world.one("transaction_date || '|' || settled_date || '|' || (promoted_at IS NOT NULL) "
                    "FROM harmonia.payment_transaction WHERE status = 'MATCHED'") ==
          "2026-03-10 12:00:00+00|2026-03-11 12:00:00+00|true");
    CHECK(world.one("survivor_id = (SELECT id FROM harmonia.payment_transaction "
                    "WHERE feed_type = 'AUTH') FROM harmonia.payment_transaction "
                    "WHERE status = 'MERGED'") == "t");
    const std::string state = world.state();
    world.match();
    CHECK(world.state() == state);
}

TEST_CASE("M-39 settled first, authorisation in a later run: the authorisation merges away") {
    World world(k_shop);
    world.payment("settled", with(k_settled, {{"spend_amount", "5500"}}));
    world.match();
    world.payment("auth", with(k_auth, {{"spend_amount", "5000"}, {"auth_code", "'111111'"}}));
    CHECK(world.match().counts.merged == 1);
    CHECK(live(world) == "SETTLED settled 5500 PENDING");
    CHECK(
        world.one("auth_code FROM harmonia.payment_transaction WHERE status = 'PENDING'").empty());
}

TEST_CASE("M-39 an authorisation that is MATCHED keeps its amount") {
    World world(k_shop);
    world.payment("auth", with(k_auth, {{"spend_amount", "5000"}}));
    world.scheme("s", {{"spend_amount", "5000"}});
    CHECK(world.match().counts.matched == 1);
    world.payment("settled", with(k_settled, {{"spend_amount", "5500"}}));
    const Outcomes done = world.match();
    CHECK(done.counts.merged == 1);
    CHECK(done.counts.promoted == 0);
    CHECK(live(world) == "AUTH auth 5000 MATCHED");
}

TEST_CASE("present together, they combine the same way whichever was imported first") {
    const bool auth_first = GENERATE(false, true);
    World world(k_shop);
    const auto auth = [&] { world.payment("a", with(k_auth, {{"spend_amount", "5000"}})); };
    const auto settled = [&] { world.payment("s", with(k_settled, {{"spend_amount", "5500"}})); };
    if (auth_first)
        auth(), settled();
    else
        settled(), auth();
    world.match();
    CHECK(live(world) == "AUTH s 5500 PENDING");
}

TEST_CASE("M-40 codes and digits are filled only where the authorisation has none") {
    World world(k_shop);
    world.payment("a", with(k_auth, {{"auth_code", "'111111'"}, {"first_six", "'123456'"}}));
    world.payment("s", with(k_settled, {{"auth_code", "'222222'"},
                                        {"approval_code", "'42'"},
                                        {"first_six", "'999999'"},
                                        {"last_four", "'7890'"}}));
    world.payment("b", with(k_auth, {{"settlement_key", "'l'"}}));
    world.payment("t", with(k_settled, {{"settlement_key", "'l'"}, {"auth_code", "'222222'"}}));
    world.match();
    CHECK(world.one("string_agg(concat_ws(' ', transaction_id, auth_code, approval_code, "
                    "first_six, last_four), ', ' ORDER BY transaction_id) "
                    "FROM harmonia.payment_transaction WHERE status = 'PENDING'") ==
          "s 111111 42 123456 7890, t 222222 ");
}

TEST_CASE("M-41 without a settlement key nothing pairs") {
    World world(k_shop);
    world.payment("auth", {{"feed_type", "'AUTH'"}, {"provider_slug", "'mastercard'"}});
    world.payment("settled", {{"provider_slug", "'mastercard'"}});
    const Outcomes done = world.match();
    CHECK(done.counts.merged == 0);
    CHECK(live(world) == "AUTH auth 1222 PENDING, SETTLED settled 1222 PENDING");
}

TEST_CASE("Visa: both sides share the id, and a repeated one is still seen by its guard") {
    World world(k_shop);
    world.payment("v", with(k_auth, {{"spend_amount", "5000"}}));
    world.payment("v", with(k_settled, {{"spend_amount", "5500"}}));
    world.match();
    CHECK(live(world) == "AUTH v 5500 PENDING");
    // Another authorisation may carry the id that the promoted row took over.
    world.payment("x", {{"feed_type", "'AUTH'"}, {"settlement_key", "'k2'"}});
    world.payment("y", {{"settlement_key", "'k2'"}});
    world.match();
    CHECK_NOTHROW(world.payment("y", {{"feed_type", "'AUTH'"}, {"settlement_key", "'k3'"}}));
}

TEST_CASE(
    "second authorisations and settlements of a key merge; the last settlement's amount holds") {
    World world(k_shop);
    world.payment("a1", with(k_auth, {{"spend_amount", "1"}}));
    world.payment(
        "a2", with(k_auth, {{"spend_amount", "2"}, {"transaction_date", "'2026-03-10 13:00Z'"}}));
    world.payment("s2", with(k_settled,
                             {{"spend_amount", "4"}, {"transaction_date", "'2026-03-10 15:00Z'"}}));
    world.payment("s1", with(k_settled, {{"spend_amount", "3"},
                                         {"auth_code", "'7'"},
                                         {"transaction_date", "'2026-03-10 14:00Z'"}}));
    CHECK(world.match().counts.merged == 3);
    CHECK(live(world) == "AUTH s2 4 PENDING");
    CHECK(world.one("auth_code FROM harmonia.payment_transaction WHERE status = 'PENDING'") == "7");
    world.payment("s3", with(k_settled, {{"spend_amount", "5"}}));
    world.payment("s4", with(k_settled, {{"settlement_key", "'alone'"}, {"spend_amount", "6"}}));
    world.payment("s5", with(k_settled, {{"settlement_key", "'alone'"},
                                         {"spend_amount", "7"},
                                         {"transaction_date", "'2026-03-10 14:00Z'"}}));
    world.match();
    CHECK(live(world) == "AUTH s3 5 PENDING, SETTLED s5 7 PENDING");
}

TEST_CASE("an amount of another currency is not taken over") {
    World world(k_shop);
    world.payment("a", with(k_auth, {{"spend_amount", "5000"}}));
    world.payment(
        "s", with(k_settled,
                  {{"spend_amount", "5900"}, {"spend_currency", "'EUR'"}, {"auth_code", "'7'"}}));
    world.match();
    CHECK(world.one("concat_ws(' ', spend_amount, spend_currency, auth_code) "
                    "FROM harmonia.payment_transaction WHERE status = 'PENDING'") == "5000 GBP 7");
}

TEST_CASE("refunds share the key and stay apart; held rows are invisible until approved") {
    World world(k_shop);
    world.payment("a", k_auth);
    world.payment("r", with(k_settled, {{"feed_type", "'REFUND'"}, {"spend_amount", "-1222"}}));
    world.payment("s", with(k_settled, {{"screen", "'HELD'"}, {"spend_amount", "9"}}));
    CHECK(world.match().counts.merged == 0);
    world.database.execute("UPDATE harmonia.payment_transaction SET screen = 'APPROVED' "
                           "WHERE transaction_id = 's'");
    CHECK(world.match().counts.merged == 1);
    CHECK(live(world) == "AUTH s 9 PENDING, REFUND r -1222 PENDING");
}

TEST_CASE("a key of another merchant's row: the later one merges, the other's is not changed") {
    World world(k_shop);
    world.payment("a", with(k_auth, {{"merchant_slug", "'other'"}, {"spend_amount", "5000"}}));
    world.match();
    world.payment("s", with(k_settled, {{"spend_amount", "5500"}}));
    const Outcomes done = world.match();
    CHECK(done.counts.merged == 1);
    CHECK(done.counts.promoted == 0);
    CHECK(live(world) == "AUTH a 5000 PENDING");
}

TEST_CASE("a dry run leaves what has to be combined to a real one") {
    World world(k_shop);
    world.payment("a", k_auth);
    world.payment("s", k_settled);
    world.scheme("row");
    const std::string state = world.state();
    Options options = World::options();
    options.dry_run = true;
    CHECK(run(world.settings(), options).counts.matched == 0);
    CHECK(world.state() == state);
}
