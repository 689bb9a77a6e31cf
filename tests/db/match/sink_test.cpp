#include "tests/db/match/sink.hpp"

using namespace harmonia;
using namespace harmonia::match;

TEST_CASE("a block: guards, raw forms and rows agree; the first copy wins; counts are exact") {
    const SinkWorld world;
    const std::string text = k_header + "a,2026-03-10T12:00:00Z,12.22,k1,tok,mid-1,,\n"
                                        "b,2026-03-11T12:00:00Z,1.00,,tok,nobody,,\n"
                                        "a,2026-03-09T12:00:00Z,9.99,k2,tok,mid-1,,\n";
    const auto counts = world.import("pay", text);
    CHECK(counts.inserted == 2);
    CHECK(counts.duplicates == 1);
    CHECK(counts.unidentified == 1);
    CHECK(counts.date_from_us == 1773057600000000);
    CHECK(counts.date_to_us == 1773230400000000);
    CHECK(world.one(
              "string_agg(concat_ws(' ', transaction_id, record_no, identified, stored), ', ' "
              "ORDER BY transaction_id) FROM harmonia.import_transaction") == "a 1 t t, b 2 f f");
    CHECK(world.one("string_agg(raw, '|' ORDER BY record_no) FROM harmonia.import_record") ==
          "a,2026-03-10T12:00:00Z,12.22,k1,tok,mid-1,,|b,2026-03-11T12:00:00Z,1.00,,tok,nobody,,");
    world.check_row(R"(provider_slug, feed_type, transaction_id, merchant_slug,
        merchant_identifier_ids, mid, settlement_key, transaction_date, spend_amount,
        spend_currency, card_token, stage, screen, status, record_no, first_six
        FROM harmonia.payment_transaction)",
                    {{"provider_slug", "visa"},
                     {"feed_type", "SETTLED"},
                     {"transaction_id", "a"},
                     {"merchant_slug", "shop"},
                     {"merchant_identifier_ids", "{1}"},
                     {"mid", "mid-1"},
                     {"settlement_key", "k1"},
                     {"transaction_date", "2026-03-10 12:00:00+00"},
                     {"spend_amount", "1222"},
                     {"spend_currency", "GBP"},
                     {"card_token", "tok"},
                     {"stage", "NEW"},
                     {"screen", "NONE"},
                     {"status", "PENDING"},
                     {"record_no", "1"},
                     {"first_six", "null"}});
    const auto again = world.import("pay", text);
    CHECK(again.inserted == 0);
    CHECK(again.duplicates == 3);
    CHECK(world.one("count(*) FROM harmonia.import_record") == "2");
}

TEST_CASE("M-29 only the store's identifier known: its id, the primary text") {
    const SinkWorld world;
    world.onboard("st-7", "SECONDARY");
    world.import("pay", k_header + "a,2026-03-10T12:00:00Z,12.22,,tok,unknown,st-7,\n");
    CHECK(world.one("mid || ' ' || (merchant_identifier_ids[1] = (SELECT id FROM "
                    "harmonia.merchant_identifier WHERE identifier = 'st-7')) "
                    "FROM harmonia.payment_transaction") == "unknown true");
}

TEST_CASE("a merchant whose mode the feed is not for: the raw record only") {
    const SinkWorld world;
    world.database.execute(
        "UPDATE harmonia.merchant_identifier SET loyalty_scheme_id = 2 WHERE id = 1");
    const auto counts =
        world.import("pay", k_header + "a,2026-03-10T12:00:00Z,12.22,,tok,mid-1,,\n");
    CHECK(counts.inserted == 1);
    CHECK(counts.unidentified == 0);
    CHECK(world.one("concat_ws(' ', identified, stored) FROM harmonia.import_transaction") ==
          "t f");
    CHECK(world.one("count(*) FROM harmonia.payment_transaction") == "0");
}

TEST_CASE("M-31 an identifier onboarded later: the record is read again and can match") {
    const SinkWorld world;
    world.import("pay", k_header + "a,2026-03-10T12:00:00Z,12.22,k,tok,mid-9,,\n"
                                   "b,2026-03-10T12:00:00Z,12.22,,tok,mid-8,,\n");
    CHECK(world.look_again() == 0);
    const std::string state = world.state();
    world.onboard("mid-9");
    CHECK(world.look_again() == 1);
    CHECK(world.state() != state);
    CHECK(world.one("string_agg(concat_ws(' ', t.transaction_id, identified, stored, mid), ', ' "
                    "ORDER BY t.transaction_id) FROM harmonia.import_transaction t "
                    "LEFT JOIN harmonia.payment_transaction p ON p.batch_id = t.batch_id "
                    "AND p.record_no = t.record_no") == "a t t mid-9, b f f");
    CHECK(world.one("string_agg(identifier, ' ') FROM harmonia.unknown_identifier") == "mid-8");
    CHECK(world.look_again() == 0);
    world.scheme("s", {{"merchant_identifier_ids", "(SELECT array_agg(id) FROM "
                                                   "harmonia.merchant_identifier "
                                                   "WHERE identifier = 'mid-9')"}});
    CHECK(world.match().counts.matched == 1);
}

TEST_CASE("M-31 61 days later it is too late") {
    const SinkWorld world;
    world.import("pay", k_header + "a,2026-03-10T12:00:00Z,12.22,k,tok,mid-9,,\n");
    world.database.execute(
        "UPDATE harmonia.import_transaction SET created_at = now() - interval '61 days'");
    world.onboard("mid-9");
    CHECK(world.look_again() == 0);
    CHECK(world.one("count(*) FROM harmonia.payment_transaction") == "0");
    CHECK(world.one("count(*) FROM harmonia.unknown_identifier") == "0"); // asked once
}

TEST_CASE("M-32 a merchant's row of an unknown store waits for the store") {
    const SinkWorld world;
    const std::string text = "id,at,amount,store\nx,2026-03-10T12:00:00Z,12.22,store-9\n"
                             "y,2026-03-10T12:00:00Z,12.22,store-1\n";
    CHECK(world.import("shop", text).unidentified == 1);
    CHECK(world.one("mids FROM harmonia.scheme_transaction") == "{mid-1}");
    world.onboard("elsewhere", "SECONDARY", "store-9");
    CHECK(world.look_again() == 0);
    world.onboard("mid-9", "PRIMARY", "store-9");
    CHECK(world.look_again() == 1);
    CHECK(world.one("mids FROM harmonia.scheme_transaction WHERE transaction_id = 'x'") ==
          "{mid-9}");
}
