#include "tests/db/match/world.hpp"

using namespace harmonia;
using namespace harmonia::match;

namespace {

std::string refusal(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("M-64 a forced match needs pending rows of one merchant, and asks no rule") {
    World world(std::string(k_shop) + "exports: [{name: shop, kind: file}]\n");
    const std::int64_t p = world.payment("p");
    const std::int64_t s = world.scheme("s", {{"spend_amount", "999"}});
    const std::int64_t t = world.scheme("t", {{"provider_slug", "'other'"}});
    const std::int64_t e = world.scheme("e", {{"spend_currency", "'EUR'"}});
    const auto forced = [&](std::int64_t payment, std::int64_t row) {
        return refusal([&] { (void)force(world.settings(), World::options(), payment, row); });
    };
    CHECK(forced(99, s) == "there is no payment 99");
    CHECK(forced(p, 99) == "there is no merchant row 99");
    CHECK_THAT(forced(p, t), Catch::Contains("belongs to other"));
    CHECK_THAT(forced(p, e), Catch::Contains("EUR"));
    CHECK(world.one("count(*) FROM harmonia.matched_transaction") == "0");
    CHECK(forced(p, s) == "accepted");
    CHECK(world.one("concat_ws(' ', matching_type, status, spend_amount) "
                    "FROM harmonia.matched_transaction") == "FORCED EXPORTED 999");
    CHECK(world.one("count(*) FROM harmonia.pending_export") == "1");
    CHECK(world.one("outcome FROM harmonia.match_reason") == "forced");
    const std::int64_t q = world.payment("q");
    CHECK_THAT(forced(p, s), Catch::Contains("payment") && Catch::Contains("MATCHED"));
    CHECK_THAT(forced(q, s), Catch::Contains("row") && Catch::Contains("MATCHED"));
    CHECK(world.one("status FROM harmonia.payment_transaction WHERE transaction_id = 'q'") ==
          "PENDING");
}

TEST_CASE("M-64 an unknown card holder refuses a forced match") {
    World world(std::string(k_shop) + "match: {identify: {method: table}}\n");
    const std::int64_t p = world.payment("p"), s = world.scheme("s");
    const auto forced = [&] {
        return refusal([&] { (void)force(world.settings(), World::options(), p, s); });
    };
    CHECK_THAT(forced(), Catch::Contains("card holder"));
    CHECK(world.one("count(*) FROM harmonia.matched_transaction") == "0");
    world.database.execute("INSERT INTO harmonia.card_holder (merchant_slug, card_token) "
                           "VALUES ('shop', 'token-1')");
    CHECK(forced() == "accepted");
}

TEST_CASE("an undone match frees both rows, bars the pair and withdraws what was owed") {
    World world(std::string(k_shop) + "exports: [{name: shop, kind: file}]\n"
                                      "export: {notify_queue: export}\n");
    world.payment("p");
    world.scheme("s");
    world.match();
    undo(world.settings(), World::options(), 1);
    CHECK(world.one("string_agg(status::text, ' ') FROM harmonia.payment_transaction") ==
          "PENDING");
    CHECK(world.one("count(*) FROM harmonia.pending_export") == "0");
    CHECK(world.one("count(*) FROM ops.outbox") == "0");
    CHECK(world.one("status FROM harmonia.export_transaction") == "SUPPRESSED");
    CHECK(world.match().counts.matched == 0);
    world.scheme("t", {{"transaction_date", "'2026-03-10 12:00:30Z'"}});
    CHECK(world.match().counts.matched == 1);
    CHECK(world.matches() == "p→t");
    CHECK_THAT(refusal([&] { undo(world.settings(), World::options(), 1); }),
               Catch::Contains("undone already"));
    CHECK_THAT(refusal([&] { undo(world.settings(), World::options(), 7); }),
               Catch::Contains("no match 7"));
}

TEST_CASE("a match that was delivered cannot be undone") {
    World world(std::string(k_shop) + "exports: [{name: shop, kind: file}]\n");
    world.payment("p");
    world.scheme("s");
    world.match();
    world.database.execute("UPDATE harmonia.export_transaction SET status = 'EXPORTED'");
    const std::string state = world.state();
    CHECK_THAT(refusal([&] { undo(world.settings(), World::options(), 1); }),
               Catch::Contains("delivered to shop"));
    CHECK(world.state() == state);
}

TEST_CASE("ambiguous payments are listed while they are pending") {
    World world(k_shop);
    const std::int64_t p = world.payment("p");
    const std::int64_t s = world.scheme("s");
    world.scheme("t", {{"transaction_date", "'2026-03-10 12:00:30Z'"}});
    CHECK(world.match().counts.ambiguous == 1);
    const auto listed = list_ambiguous(world.settings(), {});
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].payment_id == p);
    CHECK(listed[0].candidates == 2);
    CHECK(list_ambiguous(world.settings(), {"other"}).empty());
    (void)force(world.settings(), World::options(), p, s);
    CHECK(list_ambiguous(world.settings(), {}).empty());
}
