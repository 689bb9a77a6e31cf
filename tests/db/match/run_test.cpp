#include "core/db/lock.hpp"
#include "tests/db/match/world.hpp"

#include <nlohmann/json.hpp>

#include <thread>

using namespace harmonia;
using namespace harmonia::match;

TEST_CASE("the 2018 pair: one match, both rows MATCHED, announced byte for byte") {
    World world("export: {notify_queue: export}");
    world.payment("p", {{"card_token", "'aGVsbG8='"}});
    world.scheme("s", {{"points_amount", "76800"},
                       {"points_multiplier", "100"},
                       {"transaction_date", "'2026-03-09 01:02:03.207247Z'"}});
    const Outcomes done = world.match();
    CHECK(done.exit == Exit::done);
    CHECK(done.counts.matched == 1);
    CHECK(done.counts.admitted == 2);
    CHECK(world.one("string_agg(status::text, ' ') FROM harmonia.payment_transaction") ==
          "MATCHED");
    CHECK(world.one("status || ' ' || (updated_at IS NOT NULL) FROM harmonia.scheme_transaction") ==
          "MATCHED true");
    world.check_row(R"(merchant_identifier_id, mid, transaction_id, transaction_date, spend_amount,
        points_amount, points_multiplier, card_token, matching_type, status, extra_fields, run_id
        FROM harmonia.matched_transaction)",
                    {{"merchant_identifier_id", "1"},
                     {"mid", "mid-1"},
                     {"transaction_id", "s"},
                     {"transaction_date", "2026-03-09 01:02:03.207247+00"},
                     {"spend_amount", "1222"},
                     {"points_amount", "76800"},
                     {"points_multiplier", "100"},
                     {"card_token", "aGVsbG8="},
                     {"matching_type", "LOYALTY"},
                     {"status", "PENDING"},
                     {"extra_fields", "{}"},
                     {"run_id", "00000000-0000-4000-8000-000000000001"}});
    world.check_row("area, kind, key, exchange, routing_key, body, mandatory FROM ops.outbox",
                    {{"area", "harmonia"},
                     {"kind", "match-notify"},
                     {"key", "matched-1"},
                     {"exchange", "export"},
                     {"routing_key", "export"},
                     {"body", R"({"matched_transaction_id": 1})"},
                     {"mandatory", "t"}});
    CHECK(nlohmann::json::parse(world.one("properties FROM ops.outbox")) ==
          nlohmann::json::parse(R"({"content_type": "application/txmatch+json",
              "content_encoding": "utf-8", "delivery_mode": 2, "priority": 0,
              "message_id": "matched-1"})"));
    CHECK(world.one("(headers ->> 'X-Retry-Count') || ' ' || "
                    "(abs((headers ->> 'X-Queued-At')::bigint - extract(epoch FROM now())) < 600) "
                    "FROM ops.outbox") == "0 true");
    CHECK(world.one("count(*) FROM harmonia.export_transaction") == "0");
}

TEST_CASE("M-65 a second run writes nothing, neither does one that finds new rows elsewhere") {
    World world(k_shop);
    world.payment("p1");
    world.payment("p2", {{"transaction_date", "'2026-03-10 15:00Z'"}});
    world.scheme("s1");
    world.scheme("s2", {{"spend_amount", "5"}});
    CHECK(world.match().counts.matched == 1);
    const std::string state = world.state();
    const Outcomes again = world.match();
    CHECK(again.counts.merchants == 0);
    CHECK(world.state() == state);
    world.scheme("s3", {{"spend_amount", "6"}});
    CHECK(world.match().counts.admitted == 1);
    CHECK(world.one("count(*) FROM harmonia.match_reason") == "2");
}

TEST_CASE("M-56 a payment waits for the merchant's file; the file's rows are enough") {
    World world(k_shop);
    world.payment("p");
    CHECK(world.match().counts.none == 1);
    CHECK(world.one("status || ' ' || stage FROM harmonia.payment_transaction") ==
          "PENDING IDENTIFIED");
    world.scheme("s");
    const Outcomes done = world.match();
    CHECK(done.counts.matched == 1);
    CHECK(done.counts.admitted == 1);
    CHECK(world.matches() == "p→s");
}

TEST_CASE("M-57 one penny off or another currency is no match") {
    World world(k_shop);
    world.payment("p");
    world.scheme("penny", {{"spend_amount", "1223"}});
    world.scheme("euro", {{"spend_currency", "'EUR'"}});
    world.scheme("theirs", {{"provider_slug", "'other'"}});
    CHECK(world.match().counts.matched == 0);
}

TEST_CASE("M-55 a row imported 15 days ago is out of the window, today's payment or not") {
    World world(k_shop);
    world.scheme("s", {{"created_at", "now() - interval '15 days'"}});
    world.payment("p");
    CHECK(world.match().counts.matched == 0);
    world.scheme("t", {{"created_at", "now() - interval '13 days'"},
                       {"transaction_date", "'2026-03-10 12:00:10Z'"}});
    CHECK(world.match().counts.matched == 1);
    CHECK(world.matches() == "p→t");
}

TEST_CASE("M-58 M-59 rivals of one amount, also when they arrive in different runs") {
    World world(k_shop);
    world.payment("A");
    world.scheme("S1", {{"transaction_date", "'2026-03-10 12:00:40Z'"}});
    world.scheme("S2", {{"transaction_date", "'2026-03-10 11:59:20Z'"}});
    CHECK(world.match().counts.ambiguous == 1);
    world.payment("B", {{"transaction_date", "'2026-03-10 12:01:30Z'"}});
    CHECK(world.match().counts.matched == 2);
    CHECK(world.matches() == "A→S2 B→S1");
    world.payment("C", {{"transaction_date", "'2026-03-10 12:00:01Z'"}});
    CHECK(world.match().counts.none == 1);
}

TEST_CASE("M-63 extra fields: the merchant's win") {
    World world(k_shop);
    world.payment("p", {{"extra_fields", R"('{"a":2,"b":3}')"}});
    world.scheme("s", {{"extra_fields", R"('{"a":1}')"}});
    world.match();
    CHECK(world.one("extra_fields FROM harmonia.matched_transaction") == R"({"a": 1, "b": 3})");
}

TEST_CASE("an export is owed for each match of a merchant that declares one") {
    World world(std::string(k_shop) + "exports: [{name: shop, kind: file}]\n"
                                      "match: {identify: {method: table}}\n");
    world.database.execute(
        "INSERT INTO harmonia.card_holder (merchant_slug, card_token, loyalty_id, user_id, "
        "scheme_account_id, last_four, expiry_month) "
        "VALUES ('shop', 'token-1', 'L-1', 7, 8, '7890', 12)");
    world.payment("p", {{"settlement_key", "'k'"}, {"approval_code", "'42'"}});
    world.scheme("s");
    CHECK(world.match().counts.matched == 1);
    CHECK(world.one("status FROM harmonia.matched_transaction") == "EXPORTED");
    world.check_row(R"(e.provider_slug, e.feed_type, e.transaction_id, e.spend_amount, e.loyalty_id,
        e.mid, e.primary_identifier, e.location_id, e.merchant_internal_id, e.user_id,
        e.scheme_account_id, e.approval_code, e.settlement_key, e.last_four, e.expiry_month,
        e.payment_provider_slug, e.status, p.provider_slug AS pending_of, p.retry_count
        FROM harmonia.export_transaction e
        JOIN harmonia.pending_export p ON p.export_transaction_id = e.id)",
                    {{"provider_slug", "shop"},
                     {"feed_type", "null"},
                     {"transaction_id", "s"},
                     {"spend_amount", "1222"},
                     {"loyalty_id", "L-1"},
                     {"mid", "mid-1"},
                     {"primary_identifier", "mid-1"},
                     {"location_id", "store-1"},
                     {"merchant_internal_id", "brand-1"},
                     {"user_id", "7"},
                     {"scheme_account_id", "8"},
                     {"approval_code", "42"},
                     {"settlement_key", "k"},
                     {"last_four", "7890"},
                     {"expiry_month", "12"},
                     {"payment_provider_slug", "visa"},
                     {"status", "PENDING"},
                     {"pending_of", "shop"},
                     {"retry_count", "0"}});
}

TEST_CASE("a payment of an unknown card holder waits until the holder is there") {
    World world(std::string(k_shop) + "match: {identify: {method: table}}\n");
    world.payment("p");
    world.scheme("s");
    Outcomes done = world.match();
    CHECK(done.counts.unknown_users == 1);
    CHECK(done.counts.matched == 0);
    CHECK(world.one("stage || ' ' || status FROM harmonia.payment_transaction") ==
          "UNKNOWN_USER PENDING");
    const std::string state = world.state();
    CHECK(world.match().counts.merchants == 0);
    CHECK(world.state() == state);
    world.database.execute("INSERT INTO harmonia.card_holder (merchant_slug, card_token) "
                           "VALUES ('shop', 'token-1')");
    CHECK(world.match().counts.matched == 1);
    CHECK(world.matches() == "p→s");
}

TEST_CASE("refunds are admitted and never matched; held payments are not even admitted") {
    World world("matching: {shop: {mode: spotted}}");
    world.payment("refund", {{"feed_type", "'REFUND'"}, {"spend_amount", "-1222"}});
    const std::int64_t held = world.payment("held", {{"screen", "'HELD'"}});
    world.payment("free", {{"screen", "'APPROVED'"}});
    world.scheme("s");
    const Outcomes done = world.match();
    CHECK(done.counts.spotted == 1);
    CHECK(done.counts.admitted == 3);
    CHECK(world.matches() == "free→");
    CHECK(world.one("matching_type FROM harmonia.matched_transaction") == "SPOTTED");
    CHECK(world.one("string_agg(transaction_id, ' ') FROM harmonia.payment_transaction "
                    "WHERE admitted_at IS NULL") == "held");
    world.database.execute("UPDATE harmonia.payment_transaction SET screen = 'APPROVED' "
                           "WHERE id = " +
                           std::to_string(held));
    CHECK(world.match().counts.spotted == 1);
}

TEST_CASE("M-53 a network without rules is an error of its payments only") {
    World world("matching: {shop: {networks: {visa: {where: [{within: 60s}]}}}}");
    world.payment("a", {{"provider_slug", "'amex'"}});
    world.payment("b");
    world.scheme("s");
    const Outcomes done = world.match();
    CHECK(done.exit == Exit::done);
    CHECK(done.counts.errors == 1);
    CHECK(world.matches() == "b→s");
    CHECK(world.one("outcome FROM harmonia.match_reason WHERE transaction_id = 'a'") == "error");
    CHECK(world.one("status FROM harmonia.payment_transaction WHERE transaction_id = 'a'") ==
          "PENDING");
}

TEST_CASE("--fail-fast ends at the first payment without a rule and writes nothing") {
    World world("matching: {shop: {networks: {visa: {where: [{within: 60s}]}}}}");
    world.payment("a", {{"provider_slug", "'amex'"}});
    Options options = World::options();
    options.fail_fast = true;
    CHECK_THROWS_AS(run(world.settings(), options), Error);
    CHECK(world.one("count(*) FROM harmonia.match_reason") == "0");
}

TEST_CASE("another declaration looks at everything pending, once") {
    World world(k_shop);
    world.payment("p");
    world.scheme("s", {{"transaction_date", "'2026-03-10 12:05Z'"}});
    CHECK(world.match().counts.none == 1);
    Settings wider =
        read_settings(config::parse("matching: {shop: {where: [{within: 600s}]}}", "test"),
                      world.database.settings(), {});
    CHECK(run(wider, World::options()).counts.matched == 1);
    CHECK(world.one("count(*) FROM harmonia.match_rule") == "2");
    CHECK(world.one("rule_digest = (SELECT rule_digest FROM harmonia.match_reason "
                    "WHERE outcome = 'matched') FROM harmonia.match_state") == "t");
    const std::string state = world.state();
    CHECK(run(wider, World::options()).counts.merchants == 0);
    CHECK(world.state() == state);
}

TEST_CASE("a dry run counts and writes nothing") {
    World world(k_shop);
    world.payment("p");
    world.scheme("s");
    const std::string state = world.state();
    Options options = World::options();
    options.dry_run = true;
    CHECK(run(world.settings(), options).counts.matched == 1);
    CHECK(world.state() == state);
}

TEST_CASE("a busy merchant is left to its holder; the others are done") {
    World world(k_shop);
    world.payment("p");
    world.scheme("s");
    world.payment("q", {{"merchant_slug", "'other'"}});
    const auto holder = world.database.connect();
    {
        const auto lock =
            db::SessionLock::acquire(*holder, db::LockClass::match_merchant, "shop", {});
        REQUIRE(lock.has_value());
        const Outcomes done = world.match();
        CHECK(done.exit == Exit::done);
        CHECK(done.busy == std::vector<std::string>{"shop"});
        CHECK(done.counts.merchants == 1);
        CHECK(world.matches().empty());
    }
    CHECK(world.match().counts.matched == 1);
}

TEST_CASE("two runs at once: each pair once, nothing left") {
    World world(k_shop);
    world.database.execute(R"(
        INSERT INTO harmonia.payment_transaction (provider_slug, feed_type, transaction_id,
               merchant_slug, merchant_identifier_ids, mid, transaction_date, spend_amount,
               spend_currency, card_token, batch_id, record_no)
        SELECT 'visa', 'SETTLED', 'p' || n, 'shop-' || n % 5, '{1}', 'mid-1',
               '2026-03-10 12:00Z', n, 'GBP', 't', 1, n FROM generate_series(1, 2000) n;
        INSERT INTO harmonia.scheme_transaction (provider_slug, transaction_id,
               payment_provider_slug, merchant_identifier_ids, mids, transaction_date,
               spend_amount, spend_currency, batch_id, record_no)
        SELECT 'shop-' || n % 5, 's' || n, 'visa', '{1}', '{mid-1}', '2026-03-10 12:00Z', n,
               'GBP', 1, n
          FROM generate_series(1, 2000) n;)");
    Options options = World::options();
    options.wait = std::chrono::milliseconds(60'000);
    std::vector<std::int64_t> matched(3);
    {
        std::vector<std::jthread> runs;
        for (std::size_t i = 0; i < matched.size(); ++i)
            runs.emplace_back(
                [&, i] { matched[i] = run(world.settings(), options).counts.matched; });
    }
    CHECK(matched[0] + matched[1] + matched[2] == 2000);
    CHECK(world.one("count(DISTINCT payment_transaction_id) || ' ' || "
                    "count(DISTINCT scheme_transaction_id) FROM harmonia.matched_transaction") ==
          "2000 2000");
}
