// Orders from files to rows, through the program.
#include "tests/db/orders/till.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace harmonia::test;

namespace {

constexpr const char* k_header = "external_id,event_time,amount,currency,method,pan\n";

std::string line(const std::string& id, const std::string& amount = "10.00",
                 const std::string& pan = "4111111111111111", const std::string& currency = "EUR") {
    return id + ",2026-10-01T10:00:00Z," + amount + "," + currency + ",card," + pan + "\n";
}

} // namespace

TEST_CASE("O-1 the readme's first body is rejected by a strict feed and let in by a lenient one") {
    Till till;
    const std::string body =
        R"({"order": {"id": 1, "name": "order_1", "cost": 123.00, "currency": "INR"}, )"
        R"("paymentMethod": "amazonpay", "payment": {"card": 1234567887654321, )"
        R"("type": "wallet", "amount": 123.00, "currency": "INR"}})"
        "\n";
    const Imported strict = till.import("orders-transact", body);
    INFO(strict.err);
    CHECK(strict.exit == 3);
    CHECK(strict.rejected == 1);
    CHECK(till.last("reasons") == R"({"V-CARD-IIN":1})");
    CHECK(till.database().text("SELECT code || '|' || detail FROM ops.reject") ==
          "V-CARD-IIN|V-CARD-IIN pan: does not begin as a card's does; "
          "V-CARD-LUHN pan: has a wrong check digit");

    const Imported lenient = till.import("transact", body);
    INFO(lenient.err);
    CHECK(lenient.exit == 0);
    CHECK(lenient.fresh == 1);
    CHECK(till.last("warnings") == R"({"W-CARD-IIN":1,"W-CARD-LUHN":1})");
    CHECK(till.database().text("SELECT warnings::text FROM ops.import_batch WHERE count_new = 1") ==
          R"({"W-CARD-IIN": 1, "W-CARD-LUHN": 1})");
    CHECK(till.database().text(
              "SELECT concat_ws(' ', p.spend_amount, p.spend_currency, p.screen, p.feed_type, "
              "f.ruleset, f.event_time_src, c.first_n, c.last4, c.luhn_ok, c.brand, "
              "o.external_id, o.total_minor) FROM harmonia.payment_transaction p "
              "JOIN screening.fact f ON f.payment_id = p.id "
              "JOIN screening.card_ref c ON c.id = f.card_id "
              "JOIN screening.customer_order o ON o.id = f.order_id") ==
          "12300 INR HELD AUTH cards received 123456 4321 f other 1 12300");
    CHECK(till.dump().find("1234567887654321") == std::string::npos);
    CHECK(till.output().find("1234567887654321") == std::string::npos);
}

TEST_CASE("O-2 the number is stored as its keyed hash and nowhere else") {
    Till till;
    REQUIRE(till.import("orders-csv", k_header + line("a")).exit == 0);
    CHECK(
        till.database().text("SELECT concat_ws(' ', key_id, encode(pan_hmac, 'hex'), first_n, "
                             "last4, pan_len, brand, luhn_ok) FROM screening.card_ref") ==
        "1 0622241201382a45912fb22828b3f7db5153cf2072722a73ded22623ea79abc9 411111 1111 16 visa t");
    CHECK(till.database().text("SELECT concat_ws(' ', card_token, first_six, last_four, "
                               "merchant_slug = '') FROM harmonia.payment_transaction") ==
          "0622241201382a45 411111 1111 t");
    CHECK(till.database().text("SELECT raw FROM harmonia.import_record") ==
          "a,2026-10-01T10:00:00Z,10.00,EUR,card,411111******1111");
    CHECK(till.dump().find("4111111111111111") == std::string::npos);
}

TEST_CASE("O-3 one card_ref however the number is written") {
    Till till;
    REQUIRE(
        till.import("orders-csv", k_header + line("a") + line("b", "10.00", "4111 1111-1111 1111"))
            .exit == 0);
    CHECK(till.database().count("SELECT count(*) FROM screening.card_ref") == 1);
    CHECK(till.dump().find("4111 1111") == std::string::npos);
}

TEST_CASE("O-6 a security code is stored nowhere") {
    Till till;
    const Imported csv =
        till.import("orders-csv", "external_id,event_time,amount,currency,method,pan,cvv\n"
                                  "a,2026-10-01T10:00:00Z,10.00,EUR,card,4111111111111111,87654\n");
    CHECK(csv.exit == 0);
    CHECK(till.last("warnings") == R"({"W-SAD":1})");
    const Imported json = till.import(
        "orders-ndjson", R"({"external_id":"b","event_time":"2026-10-01T10:00:00Z","amount":1,)"
                         R"("currency":"XXX","method":"wallet","CVC2":87654})"
                         "\n");
    CHECK(json.rejected == 1); // the reject's raw form is without it too
    CHECK(till.dump().find("87654") == std::string::npos);
}

TEST_CASE("O-11 a known id: a duplicate, or a conflict with another payment") {
    Till till;
    REQUIRE(till.import("orders-csv", k_header + line("a")).fresh == 1);
    const Imported again = till.import("orders-csv", k_header + line("a") + line("b"));
    CHECK(again.exit == 0);
    CHECK(again.fresh == 1);
    CHECK(again.duplicate == 1);
    const Imported other = till.import("orders-csv", k_header + line("a", "11.00"));
    CHECK(other.exit == 3);
    CHECK(other.rejected == 1);
    CHECK(till.last("reasons") == R"({"V-DUP":1})");
    CHECK(till.database().text("SELECT string_agg(code || ' ' || raw, '') FROM ops.reject") ==
          "V-DUP a,2026-10-01T10:00:00Z,11.00,EUR,card,411111******1111");
    CHECK(till.database().text("SELECT spend_amount FROM harmonia.payment_transaction "
                               "WHERE transaction_id = 'a'") == "1000");
    // Within one file the first copy wins.
    const Imported twice =
        till.import("orders-csv", k_header + line("c") + line("c") + line("c", "12.00"));
    CHECK(twice.fresh == 1);
    CHECK(twice.duplicate == 1);
    CHECK(twice.rejected == 1);
    CHECK(till.database().count("SELECT sum(count_new + count_duplicate + count_rejected) - "
                                "sum(records_done) FROM ops.import_batch") == 0);
}

TEST_CASE("O-12 equal lines without ids are separate payments, imported once") {
    Till till;
    const std::string text = k_header + line("") + line("");
    const Imported first = till.import("orders-csv", text);
    CHECK(first.fresh == 2);
    const Imported second = till.import("orders-csv", text);
    CHECK(second.exit == 0);
    CHECK(second.fresh == 0);
    CHECK(second.duplicate == 2);
    CHECK(till.database().count("SELECT count(DISTINCT transaction_id) "
                                "FROM harmonia.payment_transaction") == 2);
}

TEST_CASE("O-15 a card and no key: nothing is written") {
    Till till(Till::Key::missing);
    const Imported imported = till.import("orders-csv", k_header + line("a"));
    CHECK(imported.exit == 78);
    CHECK(imported.err.find("card key file") != std::string::npos);
    CHECK(till.database().count("SELECT count(*) FROM ops.import_batch") == 0);
    // A file without cards does not need the key.
    CHECK(till.import("orders-csv", "external_id,event_time,amount,currency,method\n"
                                    "a,2026-10-01T10:00:00Z,1,EUR,wallet\n")
              .exit == 0);
}

TEST_CASE("O-14 a refund is stored negated, its fact without sign") {
    Till till;
    REQUIRE(till.import("orders-csv", "external_id,event_time,amount,currency,method,kind\n"
                                      "a,2026-10-01T10:00:00Z,5,EUR,wallet,refund\n")
                .exit == 0);
    CHECK(till.database().text("SELECT concat_ws(' ', p.feed_type, p.spend_amount, f.feed_type, "
                               "f.kind, f.amount_minor) FROM harmonia.payment_transaction p "
                               "JOIN screening.fact f ON f.payment_id = p.id") ==
          "REFUND -500 REFUND refund 500");
}

TEST_CASE("keys are rotated: a card seen under both is one") {
    Till till;
    REQUIRE(till.import("orders-csv", k_header + line("a")).exit == 0);
    const std::string fresh = till.key_path() + ".2";
    Till::make_key(fresh, 100);
    const Imported second =
        till.import("orders-csv", k_header + line("b"),
                    {{"HARMONIA_CARDS_CARD_KEY_FILE", fresh},
                     {"HARMONIA_CARDS_CARD_KEY_ID", "2"},
                     {"HARMONIA_CARDS_CARD_KEY_PREVIOUS_FILE", till.key_path()}});
    std::filesystem::remove(fresh);
    INFO(second.err);
    CHECK(second.exit == 0);
    CHECK(till.database().text(
              "SELECT string_agg(concat_ws(' ', b.key_id, n.key_id, n.last4), ', ') "
              "FROM screening.card_alias a JOIN screening.card_ref b ON b.id = a.card_id "
              "JOIN screening.card_ref n ON n.id = a.same_as") == "1 2 1111");
}

TEST_CASE("orders are brought up to date, their items with them") {
    Till till;
    const auto body = [](const std::string& id, const std::string& name, const std::string& items) {
        return R"({"external_id":")" + id +
               R"(","event_time":"2026-10-01T10:00:00Z","amount":"3.00","currency":"EUR",)"
               R"("method":"wallet","order_id":"o1","order_name":")" +
               name + R"(","order_cost":3,"customer":"c1","order_items":)" + items + "}\n";
    };
    REQUIRE(
        till.import("orders-ndjson",
                    body("a", "first", R"([{"itemID":"x","name":"tea","cost":1.5,"quantity":2}])"))
            .exit == 0);
    const std::string items = "SELECT string_agg(concat_ws(' ', o.name, o.customer, line_no, "
                              "item_ref, i.name, unit_minor, quantity), ', ' ORDER BY line_no) "
                              "FROM screening.customer_order o JOIN screening.order_item i "
                              "ON i.order_id = o.id";
    CHECK(till.database().text(items) == "first c1 1 x tea 150 2");
    REQUIRE(till.import("orders-ndjson",
                        body("b", "second", R"([{"id":1,"cost":1},{"id":2,"cost":2}])"))
                .exit == 0);
    CHECK(till.database().text(items) == "second c1 1 1  100 1, second c1 2 2  200 1");
    CHECK(till.database().count("SELECT count(*) FROM screening.customer_order") == 1);
}

TEST_CASE("a payment whose merchant has a known identifier is the merchant's") {
    Till till;
    till.database().execute(
        "INSERT INTO harmonia.loyalty_scheme (slug) VALUES ('itsu'), ('costa');"
        "INSERT INTO harmonia.payment_provider (slug) VALUES ('visa'), ('amex');"
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id) SELECT 'm1', s.id, p.id FROM harmonia.loyalty_scheme s, "
        "harmonia.payment_provider p WHERE s.slug = 'itsu';"
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id) SELECT 'both', s.id, p.id FROM harmonia.loyalty_scheme s "
        "JOIN harmonia.payment_provider p ON (s.slug, p.slug) IN (('itsu', 'visa'), "
        "('costa', 'amex'))");
    const std::string at = ",2026-10-01T10:00:00Z,1,EUR,wallet,";
    REQUIRE(till.import("orders-csv", "external_id,event_time,amount,currency,method,merchant\na" +
                                          at + "m1\nb" + at + "both\nc" + at + "other\n")
                .exit == 0);
    CHECK(till.database().text("SELECT string_agg(concat_ws(':', transaction_id, merchant_slug, "
                               "mid, cardinality(merchant_identifier_ids)), ' ' "
                               "ORDER BY transaction_id) FROM harmonia.payment_transaction") ==
          "a:itsu:m1:2 b::both:0 c::other:0");
    // Of the approved payments, match admits the merchant's; payments without a merchant do not
    // block.
    till.database().execute("UPDATE harmonia.payment_transaction SET screen = 'APPROVED'");
    const Finished match = run(till.launch({"match"}));
    INFO(match.err);
    CHECK(match.exit == 0);
    CHECK(till.database().text("SELECT string_agg(transaction_id, ' ') "
                               "FROM harmonia.payment_transaction WHERE admitted_at IS NOT NULL") ==
          "a");
}

TEST_CASE("labels: what became of payments later") {
    Till till;
    REQUIRE(till.import("orders-csv", k_header + line("a") + line("b")).exit == 0);
    const std::string labels = "provider,transaction_id,label,source,known_at,note\n"
                               "orders,a,fraud,chargeback,2026-10-11T00:00:00Z,told by the bank\n"
                               "orders,zz,fraud,chargeback,2026-10-11T00:00:00Z,\n"
                               "orders,b,dunno,analyst,2026-10-11T00:00:00Z,\n"
                               "orders,b,genuine,analyst,yesterday,\n";
    const Imported first = till.import("labels", labels);
    INFO(first.err);
    CHECK(first.exit == 3);
    CHECK(first.fresh == 1);
    CHECK(till.last("reasons") == R"({"V-LABEL":1,"V-PAYMENT":1,"V-TIME":1})");
    const Imported again = till.import("labels", labels);
    CHECK(again.fresh == 0);
    CHECK(again.duplicate == 1);
    CHECK(till.database().text("SELECT concat_ws(' ', f.external_id, l.label, l.source, l.note) "
                               "FROM screening.label l JOIN screening.fact f USING (payment_id)") ==
          "a fraud chargeback told by the bank");
}

TEST_CASE("bodies of the 2018 service: an array, pretty-printed, and one per line") {
    const auto body = [](int id, const char* card) {
        return fmt::format("{{\n  \"transactionID\": {},\n  \"order\": {{\n    \"id\": 1\n  }},\n"
                           "  \"paymentMethod\": \"icicidebit\",\n  \"payment\": {{\n"
                           "    \"card\": {},\n    \"type\": \"debit\",\n    \"amount\": 5.00,\n"
                           "    \"currency\": \"INR\"\n  }}\n}}",
                           id, card);
    };
    const char* good = "4111111111111111";
    Till till;
    const std::string list =
        "[\n" + body(1, good) + ",\n" + body(2, "411") + ",\n" + body(3, good) + "\n]\n";
    const Imported imported = till.import("orders-transact", list);
    CHECK(imported.exit == 3);
    CHECK(imported.fresh == 2);
    CHECK(till.last("reasons") == R"({"V-CARD-LEN":1})");
    std::string lines;
    for (const int id : {3, 4}) { // 3 came before
        std::string line = body(id, good);
        std::erase(line, '\n');
        lines += line + "\n";
    }
    const Imported more = till.import("orders-transact", lines);
    CHECK(more.fresh == 1);
    CHECK(till.database().count("SELECT count(*) FROM screening.fact") == 3);
    CHECK(till.dump().find(good) == std::string::npos);
}

TEST_CASE("a label finds its payment among many by its index") {
    Till till;
    till.database().execute(
        "INSERT INTO screening.fact (payment_id, source, feed_type, external_id, batch_id, "
        "ruleset, "
        "event_us, kind, amount_minor, currency) SELECT n, 'orders', 'AUTH', 'p' || n, 1, 'cards', "
        "n, 'purchase', 1, 'EUR' FROM generate_series(1, 20000) n");
    till.database().execute("ANALYZE screening.fact");
    CHECK(till.import("labels", "provider,transaction_id,label,source,known_at\n"
                                "orders,p777,fraud,chargeback,2026-11-01T00:00:00Z\n")
              .fresh == 1);
    CHECK(till.database().count("SELECT payment_id FROM screening.label") == 777);
    CHECK(till.database().count("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = "
                                "'fact_external'") == 1);
}

TEST_CASE("no planted card number is found in any table, log or message of an import") {
    Till till;
    const std::vector<std::string> planted{"4111111111111111", "5500005555555559",
                                           "378282246310005", "30569309025904"};
    std::string csv = "external_id,event_time,amount,currency,method,pan,order_id,order_name\n";
    std::string json;
    for (std::size_t i = 0; i < planted.size(); ++i) {
        const std::string& pan = planted[i];
        const std::string at = ",2026-10-01T10:00:00Z,";
        csv += fmt::format("p{0}{1}1,EUR,card,{2},o{0},gift for {2}\n", i, at, pan);
        csv += fmt::format("q{0}{1}1,XXX,card,{2},o{0},{2}\n", i, at, pan); // a fault
        csv += fmt::format("r{0}{1}1,EUR,card,{2}\n", i, at, pan);          // short
        csv += fmt::format("{2}{1}1,EUR,card,{2},{2},{2}\n", i, at, pan);   // as an id
        json +=
            fmt::format("{{\"external_id\":\"j{0}\",\"pan\":{1},\"amount\":\n", i, pan); // broken
        json += fmt::format("{{\"external_id\":\"j{0}\",\"event_time\":\"2026-10-01T10:00:00Z\","
                            "\"amount\":1,\"currency\":\"EUR\",\"method\":\"wallet\","
                            "\"pan\":{1},\"customer\":\"{1}\",\"note\":\"{1}\","
                            "\"payment\":{{\"pan\":\"{1}\"}}}}\n",
                            i, pan);
    }
    CHECK(till.import("orders-csv", csv).exit == 3);
    CHECK(till.import("orders-ndjson", json).exit == 3);
    CHECK(till.import("labels", "provider,transaction_id,label,source,known_at,note\n"
                                "orders,p0,fraud,analyst,2026-10-11T00:00:00Z,4111111111111111\n")
              .exit == 0);
    const std::string stored = till.dump() + till.output();
    for (const std::string& pan : planted) {
        CAPTURE(pan);
        CHECK(stored.find(pan) == std::string::npos);
        CHECK(stored.find(pan.substr(0, pan.size() - 4)) == std::string::npos);
    }
}
