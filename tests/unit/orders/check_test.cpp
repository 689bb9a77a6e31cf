// The faults and warnings of section 2.4 of the specification, record by record.
#include "tests/unit/orders/records.hpp"

namespace harmonia::orders {
namespace {

using importers::OrderField;

std::string transact(const std::string& card, const std::string& payment_amount = "123.00") {
    return R"({"order": {"id": 12345, "name": "order_1", "cost": 123.00, "currency": "INR"}, )"
           R"("paymentMethod": "amazonpay", "payment": {"card": )" +
           card + R"(, "type": "wallet", "amount": )" + payment_amount + R"(, "currency": "INR"}})";
}

} // namespace

TEST_CASE("O-1 the first body of the original's readme") {
    Checked strict("orders-transact", transact("1234567887654321"));
    CHECK(strict.faults() == "V-CARD-IIN V-CARD-LUHN");
    CHECK(strict.first() == "V-CARD-IIN");
    CHECK(strict.stored().find("1234567887654321") == std::string_view::npos);

    Checked warned("orders-transact", transact("1234567887654321"), {}, "card_check: warn");
    REQUIRE(warned.good());
    CHECK(warned.order.amount == 12300);
    CHECK(warned.text(OrderField::currency) == "INR");
    CHECK(warned.warnings() == "W-CARD-IIN W-CARD-LUHN");
    REQUIRE(warned.order.card);
    CHECK(warned.order.card->first_n == "123456");
    CHECK(warned.order.card->last4 == "4321");
    CHECK(warned.order.card->luhn_holds == false);
    CHECK(warned.order.card->brand == "other");
    CHECK(warned.order.time_received);
    CHECK(warned.order.event_us == k_received_us);
    CHECK_FALSE(warned.order.at(OrderField::pan));
    CHECK(warned.stored().find("\"123456******4321\"") != std::string_view::npos);

    Checked none("orders-transact", R"({"order": {}, "paymentMethod": "x"})");
    CHECK(none.faults().starts_with("V-REQ"));
    CHECK(Checked("orders-transact", "[1]").first() == "V-JSON");
    CHECK(Checked("orders-transact", "null").first() == "V-JSON");
}

TEST_CASE("O-3 one card, however it is written") {
    Checked plain = csv_order("1", "EUR", "pan", "4111111111111111");
    Checked spaced = csv_order("1", "EUR", "pan", "4111 1111-1111 1111");
    REQUIRE(plain.order.card);
    REQUIRE(spaced.order.card);
    CHECK(plain.order.card->hmac == spaced.order.card->hmac);
    CHECK(plain.order.card->brand == "visa");
    CHECK(spaced.stored().find("1111-") == std::string_view::npos);
}

TEST_CASE("O-5 a wrong check digit; zeros that pass it") {
    CHECK(csv_order("1", "EUR", "pan", "4111111111111112").faults() == "V-CARD-LUHN");
    CHECK(csv_order("1", "EUR", "pan", "0000000000000000").faults() == "V-CARD-IIN");
    CHECK(csv_order("1", "EUR", "pan", "41111111111").faults() == "V-CARD-LEN");
    CHECK(csv_order("1", "EUR", "pan", "4111111111111112", "card_check: off").warnings().empty());
    CHECK(csv_order("1", "EUR", "pan", "4111111111111112", "card_check: warn").warnings() ==
          "W-CARD-LUHN");
}

TEST_CASE("O-6 a security code is dropped before anything is written") {
    Checked csv = csv_order("1", "EUR", "pan,cvv", "4111111111111111,9876");
    CHECK(csv.good());
    CHECK(csv.warnings() == "W-SAD");
    CHECK(csv.stored() == "t1,2026-11-21T11:00:00Z,1,EUR,wallet,411111******1111,");
    Checked json = json_order(
        R"("amount":1,"currency":"EUR","payment":{"CVC":"9876","x":{"track2":{"a":[9876]}}})");
    CHECK(json.good());
    CHECK(json.warnings() == "W-SAD");
    CHECK(json.stored().find("9876") == std::string_view::npos);
    CHECK(csv_order("1", "EUR", "cvv", "").warnings().empty());
}

TEST_CASE("O-7 decimals beyond the currency's") {
    CHECK(csv_order("123.45", "JPY").faults() == "V-AMT-SCALE");
    CHECK(csv_order("123.00", "JPY").order.amount == 123);
    CHECK(csv_order("1.234", "BHD").order.amount == 1234);
    CHECK(csv_order("1.2345", "BHD").faults() == "V-AMT-SCALE");
}

TEST_CASE("O-8 amounts are read from the text, exponents in JSON only") {
    CHECK(json_order(R"("amount":0.1,"currency":"EUR")").order.amount == 10);
    CHECK(json_order(R"("amount":"0.10","currency":"EUR")").order.amount == 10);
    CHECK(json_order(R"("amount":1.23e2,"currency":"EUR")").order.amount == 12300);
    CHECK(csv_order("1.23e2", "EUR").faults() == "V-AMT-FORMAT");
    for (const char* text : {"1,23", "x", "0x10", ".5", "5.", "+1", "1 0", "NaN"}) {
        CAPTURE(text);
        CHECK(csv_order(std::string("\"") + text + "\"", "EUR").faults() == "V-AMT-FORMAT");
    }
}

TEST_CASE("O-9 currencies in any case; codes that are not currencies") {
    CHECK(csv_order("1", "inr").text(OrderField::currency) == "INR");
    for (const char* code : {"XTS", "ABC", "XXX", "XAU", "EU", "EURO"}) {
        CAPTURE(code);
        CHECK(csv_order("1", code).faults() == "V-CUR");
    }
}

TEST_CASE("O-10 an order whose cost differs from the amount paid") {
    const auto order = [](const std::string& more) {
        return csv_order("122.99", "INR", "order_id,order_cost", "o1,123.00", more);
    };
    CHECK(order("").faults() == "V-AMT-MISMATCH");
    CHECK(order("order_match: warn").good());
    CHECK(order("order_match: warn").warnings() == "W-AMT-MISMATCH");
    CHECK(order("order_match: off").warnings().empty());
    CHECK(csv_order("1", "INR", "order_cost,order_currency", "1.00,USD").faults() ==
          "V-AMT-MISMATCH");
    CHECK(csv_order("1", "INR", "order_cost,order_currency", "1.00,inr").good());
}

TEST_CASE("O-13 times from 2000 to five minutes ahead") {
    const auto at = [](const std::string& time, const std::string& more = {}) {
        return Checked("orders-csv", "t1," + time + ",1,EUR,wallet",
                       "external_id,event_time,amount,currency,method", more);
    };
    CHECK(at("2026-11-21T12:06:00Z").faults() == "V-TIME");
    CHECK(at("2026-11-21T12:04:00Z").good());
    CHECK(at("2026-11-21T12:05:00Z").good());
    CHECK(at("2026-11-21T12:06:00Z", "max_future_skew: 10m").good());
    CHECK(at("1999-12-31T23:59:59Z").faults() == "V-TIME");
    CHECK(at("2000-01-01T00:00:00Z").good());
    CHECK(at("2026-11-21T12:00:00").faults() == "V-TIME"); // no zone
    CHECK(at("2026-11-21").faults() == "V-TIME");
    CHECK(at("").faults() == "V-REQ");
    CHECK(at("1795262400000").good()); // the shipped unit: milliseconds
    CHECK(at("1795262400", "time_unit: s").order.event_us == k_received_us);
    CHECK(at("1795262400000000", "time_unit: us").order.event_us == k_received_us);
    CHECK(at("1795262400", "time_unit: none").faults() == "V-TIME");
    CHECK(at("2026-11-21T13:00:00.000001+01:00").order.event_us == k_received_us + 1);
}

TEST_CASE("O-14 zero and negative amounts") {
    CHECK(csv_order("0", "EUR", "kind", "purchase").faults() == "V-AMT-SIGN");
    CHECK(csv_order("0", "EUR", "kind", "verification").good());
    CHECK(csv_order("-5", "EUR", "kind", "refund").faults() == "V-AMT-SIGN");
    Checked refund = csv_order("5", "EUR", "kind", "refund");
    CHECK(refund.order.refund);
    CHECK(refund.order.amount == 500);
    CHECK(csv_order("10000000000000.00", "EUR").good());
    CHECK(csv_order("10000000000000.01", "EUR").faults() == "V-AMT-RANGE");
    CHECK(csv_order("99999999999999999999", "EUR").faults() == "V-AMT-RANGE");
}

TEST_CASE("every fault of a record is reported, in the order of the specification") {
    Checked all("orders-csv", ",2026-11-21T13:00:00Z,1.234,EUR,card,4111111111111112,12,XX,91,0",
                "external_id,event_time,amount,currency,method,pan,mcc,ip_country,lat,lon");
    CHECK(all.faults() == "V-TIME V-AMT-SCALE V-CARD-LUHN V-MCC V-COUNTRY V-GEO");
    CHECK(Checked("orders-csv", "a,b", "amount,currency,method").first() == "V-CSV");
    CHECK(Checked("orders-csv", "1,EUR", "amount,currency").faults() == "V-REQ V-REQ");
    CHECK(Checked("orders-csv", "t,2026-11-21T11:00:00Z,1,EUR,icicidebit",
                  "external_id,event_time,amount,currency,method")
              .faults() == "V-REQ"); // a card method without its card
    CHECK(csv_order("1", "EUR", "kind", "gift").faults() == "V-KIND");
    CHECK(csv_order("1", "EUR", "channel", "smoke").faults() == "V-CHANNEL");
    CHECK(csv_order("1", "EUR", "ip", "1.2.3").faults() == "V-IP");
    CHECK(csv_order("1", "EUR", "lat", "1").faults() == "V-GEO");
    CHECK(csv_order("1", "EUR", "customer", std::string(201, 'c')).faults() == "V-LENGTH");
}

TEST_CASE("values are stored in one form: aliases, cases, positions, addresses") {
    Checked order = csv_order("1", "EUR", "ip_country,ip,lat,lon,method_type",
                              "de,2001:DB8::0:1,48.8566,-2.35220049,WALLET");
    REQUIRE(order.good());
    CHECK(order.text(OrderField::ip_country) == "DE");
    CHECK(order.text(OrderField::ip) == "2001:db8::1");
    CHECK(order.order.lat == 48'856'600);
    CHECK(order.order.lon == -2'352'200);
    CHECK(order.text(OrderField::method_type) == "wallet");
    CHECK(order.text(OrderField::kind) == "purchase");
    Checked other("orders-csv", "t,2026-11-21T11:00:00Z,1,EUR,ICICIdebit,4111111111111111",
                  "external_id,event_time,amount,currency,method,pan");
    CHECK(other.text(OrderField::method) == "icici-debit");
    CHECK(other.warnings().empty());
    Checked unknown("orders-csv", "t,2026-11-21T11:00:00Z,1,EUR,cowrie", //
                    "external_id,event_time,amount,currency,method");
    CHECK(unknown.warnings() == "W-METHOD");
    CHECK(unknown.text(OrderField::method) == "cowrie");
}

TEST_CASE("O-65 a name that holds a card number is stored masked") {
    Checked order = csv_order("1", "EUR", "order_id,order_name", "o1,gift 4111111111111111!");
    REQUIRE(order.good());
    CHECK(order.text(OrderField::order_name) == "gift 411111******1111!");
    CHECK(order.stored().find("4111111111111111") == std::string_view::npos);
}

TEST_CASE("items of an order") {
    const auto items = read_items(
        R"([{"itemID":"a","name":"tea","cost":1.50,"quantity":2},{"id":7,"cost":"3","discount":0.5}])",
        2);
    REQUIRE(items);
    REQUIRE(items->size() == 2);
    CHECK((*items)[0].reference == "a");
    CHECK((*items)[0].unit_minor == 150);
    CHECK((*items)[0].quantity == 2);
    CHECK((*items)[1].reference == "7");
    CHECK((*items)[1].discount_minor == 50);
    CHECK_FALSE(read_items("{}", 2));
    CHECK_FALSE(read_items(R"([{"cost":"x"}])", 2));
    CHECK(read_items("[]", 2)->empty());
}

TEST_CASE("card data in records that cannot be read") {
    CHECK(Checked("orders-ndjson", R"({"pan": "4111111111111111", "cvv": "123")").stored() ==
          R"({"pan": "411111******1111", "cvv": null)");
    CHECK(Checked("orders-ndjson", R"({"\u0070an": "4111111111111111"})").stored().find("4111") ==
          std::string_view::npos);
    CHECK(Checked("orders-csv", "1,2,3,123", "amount,pan,cvv").stored() == "*,*,*,***");
    CHECK(Checked("orders-ndjson", R"({"pan": 4111111111111111, "n": "x"})").stored() ==
          R"({"pan": "411111******1111", "n": "x"})");
}

} // namespace harmonia::orders
