#include "tests/support/catch.hpp"
#include "tests/unit/feed/records.hpp"

using namespace harmonia::importers;
using namespace harmonia::importers::test;

namespace {

std::shared_ptr<const Feed> merchant(const std::string& name) {
    return named(declared(name), name);
}

const char* const k_iceland_header =
    "TransactionCardFirst6,TransactionCardLast4,TransactionCardExpiry,TransactionCardSchemeId,"
    "TransactionCardScheme,TransactionStore_Id,TransactionTimestamp,TransactionAmountValue,"
    "TransactionAmountUnit,TransactionCashbackValue,TransactionCashbackUnit,TransactionId,"
    "TransactionAuthCode";

std::string iceland(const char* scheme, const char* auth_code) {
    return std::string("411111,7890,01/80,6,") + scheme +
           ",test-mid-123,2020-10-27 15:01:59,65.50,GBP,.00,GBP,tx-1," + auth_code;
}

const char* const k_wasabi_header =
    "Store No_,Entry No_,Transaction No_,Tender Type,Amount,Card Number,Card Type Name,Auth_code,"
    "Authorisation Ok,Date,Time,EFT Merchant No_,Receipt No_";

std::string wasabi(const char* transaction, const char* receipt) {
    return std::string("A076,0000001,") + transaction +
           ",3,6.10,123456******7890,Visa Debit,123456,1,27/10/2020,15:01:59,test-mid-123," +
           receipt;
}

std::string itsu(const char* type, const char* amount) {
    return std::string("0001,") + type + ",," + "7890," + amount +
           ",GBP,123456,2022-10-24T13:33:13,,store-1,{},cust";
}
const char* const k_itsu_header =
    "transaction_id,payment_card_type,payment_card_first_six,payment_card_last_four,amount,"
    "currency_code,auth_code,date,merchant_identifier,retailer_location_id,transaction_data,"
    "customer_id";

std::string slim(const char* type, const char* amount) {
    return std::string(R"({"transaction_id": "t", "payment_card_type": ")") + type +
           R"(", "payment_card_last_four": "7890", "amount": )" + amount +
           R"(, "currency_code": "GBP", "auth_code": "a", "date": "2023-04-18T11:14:34Z",
           "retailer_location_id": "store-1"})";
}

std::string stonegate(const std::string& first_six, const std::string& type,
                      const std::string& date = R"("2023-04-18T11:14:34+01:00")") {
    return R"({"transaction_id": "0d4a7e9c6bc066c7ab77c820f44c4ca7b81ec3c3cb6c41e49c93150361b3cf02",
        "payment_card_type": ")" +
           type + R"(", "payment_card_first_six": )" + first_six +
           R"(, "payment_card_last_four": "7890", "amount": 23.99, "currency_code": "GBP",
        "auth_code": "188328", "date": )" +
           date + R"(, "merchant_identifier": "", "retailer_location_id": "store-1",
        "metadata": {"AccountID": "value1"}})";
}

} // namespace

TEST_CASE("M-16 iceland leaves out declined payments and other card schemes") {
    const auto feed = merchant("iceland-bonus-card");
    const Mapped row(*feed, iceland("Visa", "00000"), k_iceland_header);
    REQUIRE(row.kept());
    CHECK(row->transaction_id == "tx-1");
    CHECK(row->spend_amount == 6550);
    CHECK(row->spend_currency == "GBP");
    CHECK(row->payment_provider == "visa");
    CHECK(row->mids == std::vector<std::string_view>{"test-mid-123"});
    CHECK(row->first_six == "411111");
    CHECK(row->last_four == "7890");
    CHECK(row.date() == "2020-10-27T15:01:59.000000Z");
    for (const char* code : {"Decline", "decline", "DECLINE"})
        CHECK(Mapped(*feed, iceland("Visa", code), k_iceland_header).verdict() ==
              Verdict::skip_silently);
    CHECK(Mapped(*feed, iceland("Another Provider", "1"), k_iceland_header).verdict() ==
          Verdict::skip_silently);
    CHECK(Mapped(*feed, iceland("EDC/Maestro (INT) / Laser", "1"), k_iceland_header)
              ->payment_provider == "mastercard");
}

TEST_CASE("M-17 wasabi's id is the receipt, and its card digits are cut from the masked number") {
    const auto feed = merchant("wasabi-club");
    const Mapped first(*feed, wasabi("1", "A076Z1"), k_wasabi_header);
    const Mapped second(*feed, wasabi("1", "A076Z2"), k_wasabi_header);
    REQUIRE(first.kept());
    CHECK(first->first_six == "123456");
    CHECK(first->last_four == "7890");
    CHECK(first->transaction_id == "A076Z1");
    CHECK(second->transaction_id == "A076Z2");
    CHECK(first->mids == std::vector<std::string_view>{"test-mid-123"});
    CHECK(first.date() == "2020-10-27T15:01:59.000000Z");
    CHECK(first->spend_amount == 610);
}

TEST_CASE("M-18 itsu keeps five pounds and more, of three exact card types") {
    const auto feed = merchant("itsu");
    CHECK(Mapped(*feed, itsu("visa", "4.99"), k_itsu_header).verdict() == Verdict::skip_silently);
    CHECK(Mapped(*feed, itsu("VISA", "5.00"), k_itsu_header).verdict() == Verdict::skip_silently);
    CHECK(Mapped(*feed, itsu("VISA", "none"), k_itsu_header).verdict() == Verdict::skip_silently);
    const Mapped row(*feed, itsu("visa", "5.00"), k_itsu_header);
    REQUIRE(row.kept());
    CHECK(row->location == "store-1");
    CHECK(row->mids.empty());
    CHECK_FALSE(row->first_six.has_value());
    CHECK(row.date() == "2022-10-24T13:33:13.000000Z");
}

TEST_CASE("M-19 slim chickens sends pennies and keeps 750 and more") {
    const auto feed = merchant("slim-chickens");
    CHECK(Mapped(*feed, slim("visa", "749")).verdict() == Verdict::skip_warned);
    CHECK(Mapped(*feed, slim("Amex", "750")).verdict() == Verdict::skip_warned);
    const Mapped row(*feed, slim("Visa Debit", "750"));
    REQUIRE(row.kept());
    CHECK(row->payment_provider == "visa");
    CHECK(row->spend_amount == 750);
    CHECK(Mapped(*feed, slim("Debit MasterCard", "750"))->payment_provider == "mastercard");
}

TEST_CASE("M-20 the network comes from six digits, else from the card's name") {
    const auto feed = merchant("stonegate");
    const auto network = [&](const char* first_six, const char* type) {
        const Mapped row(*feed, stonegate(first_six, type));
        return row.kept()                              ? std::string(row->payment_provider)
               : row.verdict() == Verdict::skip_warned ? std::string("warned")
                                                       : row.problem();
    };
    CHECK(network("\"412345\"", "anything") == "visa");
    CHECK(network("\"212345\"", "anything") == "mastercard");
    CHECK(network("\"512345\"", "visa") == "mastercard");
    CHECK(network("\"312345\"", "anything") == "amex");
    CHECK(network("null", "americanexpress") == "amex");
    CHECK(network("\"      \"", "EDC/Maestro") == "mastercard");
    CHECK(network("\"\"", "VISACREDIT") == "visa");
    CHECK(network("\"123\"", "american experience") == "warned");
    CHECK(network("\"\"", "AX") == "warned");
}

TEST_CASE("M-21 M-24 stonegate's id is made of five fields") {
    const auto feed = merchant("stonegate");
    const std::string id = "82f046333695832acbf56cd9b283606f7c22b4c63cb8e1963abc6d0f935f6417";
    const Mapped row(*feed, stonegate("\"412345\"", "visa"));
    REQUIRE(row.kept());
    CHECK(row->transaction_id == id);
    CHECK(
        row->extra_fields ==
        R"({"account_id": "value1", "transaction_id": "0d4a7e9c6bc066c7ab77c820f44c4ca7b81ec3c3cb6c41e49c93150361b3cf02"})");
    CHECK(row.date() == "2023-04-18T10:14:34.000000Z");
    CHECK(row->location == "store-1");
    const Mapped bare(*feed, stonegate("\"412345\"", "visa", R"("2023-04-18 11:14:34")"));
    const Mapped tagged(
        *feed, stonegate("\"412345\"", "visa",
                         R"({"__type__":"datetime","__value__":"2023-04-18T11:14:34+01:00"})"));
    CHECK(bare->transaction_id == id);
    CHECK(tagged->transaction_id == id);
    CHECK(tagged.date() == row.date());
    std::string lacking = stonegate("\"412345\"", "visa");
    lacking.replace(lacking.find("AccountID"), 9, "AccountXX");
    CHECK(Mapped(*feed, lacking).problem() == "missing_field transaction_id");
}

TEST_CASE("M-22 tgi fridays: the tip counts as spend, not for points") {
    const Mapped row(
        *merchant("tgi-fridays"),
        "tx-1,Visa,412345,7890,20,2.00,GBP,123456,2024-01-05T14:52:12,test-mid-123,s",
        "transaction_id,payment_card_type,payment_card_first_six,payment_card_last_four,"
        "amount,gratuity_amount,currency_code,auth_code,date,merchant_identifier,"
        "retailer_location_id");
    REQUIRE(row.kept());
    CHECK(row->spend_amount == 2200);
    CHECK(row->extra_fields == R"({"amount": "20"})");
    CHECK(row->transaction_id ==
          "e2cdd9133a889d1464f5e298b9a6271e6215e77e82f42e616c71337827ff7cde");
    CHECK(row.date() == "2024-01-05T14:52:12.000000Z");
}

TEST_CASE("costa passes its metadata on as it is") {
    const Mapped row(*merchant("costa"),
                     R"({"transaction_id": "t", "payment_card_type": "visa", "amount": 4.1,
        "payment_card_first_six": "412345", "payment_card_last_four": "7890",
        "currency_code": "GBP",
        "auth_code": "1", "date": "2023-04-18T11:14:34", "merchant_identifier": "m",
        "retailer_location_id": "s", "metadata": {"a": [1.50, "x"]},
        "items_ordered": "{\"products\": []}"})");
    REQUIRE(row.kept());
    CHECK(row->spend_amount == 410);
    CHECK(row->extra_fields ==
          R"({"metadata": {"a": [1.50, "x"]}, "items_ordered": "{\"products\": []}"})");
    CHECK(row.date() == "2023-04-18T11:14:34.000000Z");
}
