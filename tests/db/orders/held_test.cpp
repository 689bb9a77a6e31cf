// Payments of a card network's feed with a rule set.
#include "tests/db/orders/till.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia::test;

TEST_CASE("a transactions feed with a rule set holds its payments and writes a fact beside each") {
    const std::string feed =
        "  - {name: NAME, provider: visa, feed_type: TYPE, screen: cards,\n"
        "     source: {kind: none}, format: {kind: csv}, sign: SIGN,\n"
        "     map: {transaction_id: id, transaction_date: {datetime: at},\n"
        "           spend_amount: {minor_units: amount}, settlement_key: id,\n"
        "           constants: {payment_provider: visa, spend_currency: GBP},\n"
        "           copy: {card_token: token},\n"
        "           identifiers: {PRIMARY: mid}}}\n";
    const auto declared = [&](const std::string& name, const std::string& type,
                              const std::string& sign) {
        std::string text = feed;
        text.replace(text.find("NAME"), 4, name);
        text.replace(text.find("TYPE"), 4, type);
        return text.replace(text.find("SIGN"), 4, sign);
    };
    Till till(Till::Key::there, "feeds:\n" + declared("held", "SETTLED", "as_is") +
                                    declared("held-back", "REFUND", "negative"));
    till.database().execute(
        "INSERT INTO harmonia.loyalty_scheme (slug) VALUES ('itsu');"
        "INSERT INTO harmonia.payment_provider (slug) VALUES ('visa');"
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id) SELECT 'm1', s.id, p.id FROM harmonia.loyalty_scheme s, "
        "harmonia.payment_provider p");
    const std::string header = "id,at,amount,token,mid\n";
    const Imported first = till.import("held", header + "a,2026-10-01T10:00:00Z,1.50,tok1,m1\n"
                                                        "b,2026-10-01T11:00:00Z,2.50,tok1,m1\n"
                                                        "c,2026-10-01T12:00:00Z,3.50,tok2,m9\n");
    INFO(first.err);
    CHECK(first.exit == 0);
    CHECK(till.import("held-back", header + "d,2026-10-01T13:00:00Z,4.50,tok2,m1\n").exit == 0);
    CHECK(till.database().text(
              "SELECT string_agg(concat_ws(' ', p.transaction_id, p.screen, p.spend_amount, "
              "f.source, f.feed_type, f.kind, f.amount_minor, f.merchant, f.ruleset, "
              "f.event_us = extract(epoch FROM p.transaction_date) * 1000000, c.key_id), ', ' "
              "ORDER BY p.id) FROM harmonia.payment_transaction p "
              "JOIN screening.fact f ON f.payment_id = p.id "
              "JOIN screening.card_ref c ON c.id = f.card_id") ==
          "a HELD 150 visa SETTLED purchase 150 itsu cards t 0, "
          "b HELD 250 visa SETTLED purchase 250 itsu cards t 0, "
          "d HELD -450 visa REFUND refund 450 itsu cards t 0");
    CHECK(till.database().count("SELECT count(*) FROM screening.card_ref") == 2);
    CHECK(till.database().text("SELECT string_agg(encode(pan_hmac, 'hex'), '' ORDER BY id) = "
                               "encode(sha256('visa:tok1'), 'hex') || "
                               "encode(sha256('visa:tok2'), 'hex') FROM screening.card_ref") ==
          "t");
    REQUIRE(run(till.launch({"match"})).exit == 0);
    CHECK(till.database().count("SELECT count(*) FROM harmonia.payment_transaction "
                                "WHERE admitted_at IS NOT NULL") == 0);
    till.database().execute("UPDATE harmonia.payment_transaction SET screen = 'APPROVED' "
                            "WHERE transaction_id = 'a'");
    REQUIRE(run(till.launch({"match"})).exit == 0);
    CHECK(till.database().text("SELECT string_agg(transaction_id, ' ') "
                               "FROM harmonia.payment_transaction "
                               "WHERE admitted_at IS NOT NULL") == "a");
    // A record whose merchant becomes known later is held from then on.
    till.database().execute(
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id) SELECT 'm9', s.id, p.id FROM harmonia.loyalty_scheme s, "
        "harmonia.payment_provider p");
    REQUIRE(run(till.launch({"import", "reidentify"})).exit == 0);
    CHECK(till.database().text("SELECT concat_ws(' ', p.screen, f.amount_minor) "
                               "FROM harmonia.payment_transaction p JOIN screening.fact f "
                               "ON f.payment_id = p.id WHERE p.transaction_id = 'c'") ==
          "HELD 350");
}
