#include "core/base/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/feed/records.hpp"

using namespace harmonia;
using namespace harmonia::importers;
using namespace harmonia::importers::test;

namespace {

constexpr const char* k_visa_id = "db0b14a3-0ca8-4281-9a77-57b5b88ec0a4";

/// A Visa message of the pairs given; the prefix is `Transaction` or `ReturnTransaction`.
std::string visa(const std::string& pairs) {
    std::string list;
    for (const std::string_view pair : split(pairs, ';')) {
        const std::size_t at = pair.find('=');
        list += (list.empty() ? "" : ", ") + std::string(R"({"Key": ")") +
                std::string(pair.substr(0, at)) + R"(", "Value": ")" +
                std::string(pair.substr(at + 1)) + R"("})";
    }
    return R"({"CardId": "1", "ExternalUserId": "token-123", "MessageElementsCollection": [)" +
           list +
           R"(], "UserDefinedFieldsCollection": [{"Key": "TransactionType", "Value": "Auth"}]})";
}

std::string visa_auth(const std::string& more, const char* time = "2022-07-01T12:00:00") {
    return visa(std::string("Transaction.VipTransactionId=") + k_visa_id +
                ";Transaction.MerchantCardAcceptorId=mid-1;Transaction.VisaStoreId=store-1;"
                "Transaction.VisaMerchantId=0;Transaction.TransactionAmount=12.22;"
                "Transaction.TimeStampYYMMDD=" +
                time + more);
}

std::string visa_refund(const char* amount) {
    return visa(std::string("ReturnTransaction.VipTransactionId=") + k_visa_id +
                ";ReturnTransaction.CardAcceptorIdCode=mid-1;ReturnTransaction.DateTime=10/27/2020 "
                "3:1:59 PM;ReturnTransaction.Amount=" +
                amount);
}

/// A TGX2 line: fields put at their 0-based places into blanks.
std::string tgx2(const std::vector<std::pair<std::size_t, std::string>>& fields) {
    std::string line(850, ' ');
    for (const auto& [at, text] : fields)
        line.replace(at, text.size(), text);
    return line;
}

std::string tgx2_row(const std::string& id, const std::string& amount = "000000011199") {
    return tgx2({{0, "D"},
                 {21, "token-123"},
                 {102, "20201027"},
                 {451, "test-mid-123"},
                 {500, "store-9"},
                 {518, amount},
                 {563, "1501"},
                 {567, "123456"},
                 {761, id}});
}

std::string amex_auth(const std::string& more = R"(, "approval_code": "A1")") {
    return R"({"transaction_id": "t-1", "offer_id": "o", "transaction_time": "2022-11-04 08:55:50",
        "transaction_amount": "41.99", "cm_alias": "alias-1", "merchant_number": "mid-a",
        "transaction_currency": "UKL")" +
           more + "}";
}

std::string amex_settled(const std::string& dpan, const std::string& more = "") {
    return R"({"transactionId": "t-1", "transactionDate": "2022-11-04 15:55:50",
        "transactionAmount": 41.99, "cardToken": "alias-1", "merchantNumber": "mid-a", "dpan": ")" +
           dpan + "\"" + more + "}";
}

} // namespace

TEST_CASE("M-4 visa's key is the same for auth, settlement and refund") {
    const std::string key = "33ffec57b443bec64d34d84f20590a6c88f4d0f4fad548bb2a5fb545d817128e";
    const Mapped auth(*named(shipped(), "visa-auth"), visa_auth(""));
    const Mapped settled(*named(shipped(), "visa-settled"),
                         visa_auth(";Transaction.SettlementAmount=12.22;"
                                   "Transaction.MerchantDateTimeGMT=2022-07-01 12:00:00"));
    const Mapped refund(*named(shipped(), "visa-refund"), visa_refund("89.45"));
    for (const Mapped* mapped : {&auth, &settled, &refund}) {
        REQUIRE(mapped->problem().empty());
        CHECK((*mapped)->settlement_key == key);
        CHECK((*mapped)->transaction_id == k_visa_id);
        CHECK((*mapped)->payment_provider == "visa");
        CHECK((*mapped)->card_token == "token-123");
        CHECK((*mapped)->identifiers.primary == "mid-1");
        CHECK((*mapped)->identifiers.psimi.empty()); // `0` is no identifier
        CHECK((*mapped)->has_time);
    }
    CHECK(auth->spend_amount == 1222);
    CHECK(auth->spend_currency == "GBP");
    CHECK(auth->identifiers.secondary == "store-1");
    CHECK(settled.date() == "2022-07-01T12:00:00.000000Z");
}

TEST_CASE("M-5 mastercard's key joins id, day, MID and token") {
    const Mapped auth(
        *named(shipped(), "mastercard-auth"),
        R"({"third_party_id": "NTI4QjdBN", "time": "2022-10-14 12:54:59", "amount": 96.73,
        "currency_code": "GBP", "payment_card_token": "test_card_token_1",
        "mid": "test_primary_mid_1"})");
    REQUIRE(auth.problem().empty());
    CHECK(auth->settlement_key ==
          "3464063f0ca6d51ca718d5634d5956985ff920d477bc69866535e9f53749e468");
    CHECK(auth->transaction_id == "NTI4QjdBN_20221014");
    CHECK(auth->spend_amount == 9673);
    CHECK(auth.date() == "2022-10-14T11:54:59.000000Z");
    CHECK(auth->auth_code.empty());
}

TEST_CASE("M-42 a payment just after midnight in London: both sides count London's day") {
    const Mapped auth(
        *named(shipped(), "mastercard-auth"),
        R"({"third_party_id": "48156a45-", "time": "2020-07-01T23:30:00Z", "amount": 111.99,
        "currency_code": "GBP", "payment_card_token": "token-123", "mid": "test-mid-123"})");
    const auto settlement = [](const char* day) {
        std::string line = tgx2_row("48156a45-");
        line.replace(102, 8, day);
        line.replace(563, 4, "0030");
        return line;
    };
    const auto& settled = *named(shipped(), "mastercard-settled");
    const Mapped same(settled, settlement("20200702")), before(settled, settlement("20200701"));
    REQUIRE(auth.problem().empty());
    REQUIRE(same.problem().empty());
    CHECK(same.date() == auth.date());
    CHECK(same->settlement_key == auth->settlement_key);
    CHECK(before->settlement_key != auth->settlement_key);
}

TEST_CASE("M-6 a TGX2 row") {
    const Mapped row(*named(shipped(), "mastercard-settled"), tgx2_row("48156a45-"));
    REQUIRE(row.problem().empty());
    CHECK(row->transaction_id == "48156a45-_20201027");
    CHECK(row->settlement_key ==
          "fa912d5e0751841ff24f028100de1234046f9c71377759eb8f4ea95cc845eae0");
    CHECK(row.date() == "2020-10-27T15:01:00.000000Z");
    CHECK(row->auth_code == "123456");
    CHECK(row->identifiers.primary == "test-mid-123");
    CHECK(row->identifiers.secondary == "store-9");
    CHECK(row->identifiers.psimi.empty());
    CHECK(row->card_token == "token-123");
    CHECK_FALSE(row->content_hashed);
}

TEST_CASE("M-6 a blank TGX2 id is made from the row, always the same, and pairs with nothing") {
    const auto& feed = *named(shipped(), "mastercard-settled");
    const Mapped row(feed, tgx2_row("         "));
    const Mapped again(feed, tgx2_row("         "));
    const Mapped other(feed, tgx2_row("         ", "000000011198"));
    REQUIRE(row.problem().empty());
    CHECK(row->content_hashed);
    CHECK(row->transaction_id.size() == 64);
    CHECK(row->transaction_id == again->transaction_id);
    CHECK(row->transaction_id != other->transaction_id);
    CHECK_FALSE(row->settlement_key.has_value());
}

TEST_CASE("M-7 only details of a TGX2 file are records") {
    const auto& feed = *named(shipped(), "mastercard-settled");
    const std::string text = tgx2_row("id-first1") + "\n" + tgx2_row("id-second") + "\r\n" +
                             tgx2({{0, "A"}}) + "\n\n" + tgx2({{0, "T"}}) + "\n";
    const auto reader = feed.format->reader(over_memory(text));
    RawRecord record;
    REQUIRE(reader->next(record));
    CHECK(Mapped(feed, record.bytes)->transaction_id == "id-second_20201027");
    const auto end = reader->next(record);
    REQUIRE(end.has_value());
    CHECK_FALSE(*end);
}

TEST_CASE("M-8 TGX2 amounts are whole pennies; blank ones are bad") {
    const auto amount = [](const char* text) {
        const Mapped row(*named(shipped(), "mastercard-settled"), tgx2_row("48156a45-", text));
        return row.problem().empty() ? std::to_string(row->spend_amount) : row.problem();
    };
    CHECK(amount("000000011199") == "11199");
    CHECK(amount("5566        ") == "5566");
    CHECK(amount("-00000011199") == "-11199");
    CHECK(amount("            ") == "bad_amount amount");
    CHECK(amount("0000000111.9") == "amount_precision amount");
}

TEST_CASE("M-9 a visa auth may lack its auth code, not its id") {
    const auto& feed = *named(shipped(), "visa-auth");
    CHECK(Mapped(feed, visa_auth(""))->auth_code.empty());
    CHECK(Mapped(feed, visa_auth(";Transaction.AuthCode="))->auth_code.empty());
    CHECK(Mapped(feed, visa_auth(";Transaction.AuthCode=444444"))->auth_code == "444444");
    const Mapped bad(feed, visa("Transaction.MerchantCardAcceptorId=mid-1;"
                                "Transaction.TransactionAmount=1;"
                                "Transaction.TimeStampYYMMDD=2022-07-01T12:00:00"));
    CHECK(bad.problem() == "missing_field Transaction.VipTransactionId");
    const Mapped blank(feed, visa("Transaction.VipTransactionId= ;Transaction.TransactionAmount=1;"
                                  "Transaction.TimeStampYYMMDD=2022-07-01T12:00:00"));
    CHECK(blank.problem() == "blank_id Transaction.VipTransactionId");
}

TEST_CASE("M-10 a visa auth without offset is of the merchant's zone") {
    const auto& feed = *named(shipped(), "visa-auth");
    CHECK(feed.transactions->zone_by_merchant());
    CHECK_FALSE(named(shipped(), "visa-settled")->transactions->zone_by_merchant());
    const auto date = [&](const char* time, const char* merchant) {
        return Mapped(feed, visa_auth("", time), {}, merchant).date();
    };
    CHECK(date("2022-07-01T12:00:00", "stonegate") == "2022-07-01T11:00:00.000000Z");
    CHECK(date("2022-07-01T12:00:00", "slim-chickens") == "2022-07-01T12:00:00.000000Z");
    CHECK(date("2022-07-01T12:00:00", "") == "2022-07-01T12:00:00.000000Z");
    CHECK(date("2022-07-01T12:00:00+00:00", "stonegate") == "2022-07-01T12:00:00.000000Z");
    CHECK(date("2022-07-01T12:00:00+00:00", "slim-chickens") == "2022-07-01T12:00:00.000000Z");

    expr::Arena arena;
    std::vector<expr::Value> fields(feed.format->fields().size());
    const std::string raw = visa_auth("");
    REQUIRE(feed.format->parse(raw, {}, fields, arena));
    const Identifiers found = feed.transactions->identify(fields, arena);
    CHECK(found.primary == "mid-1");
    CHECK(found.secondary == "store-1");
    CHECK(found.psimi.empty());
}

TEST_CASE("M-11 visa refunds are negative whatever sign they come with") {
    const auto& feed = *named(shipped(), "visa-refund");
    const Mapped positive(feed, visa_refund("89.45"));
    const Mapped negative(feed, visa_refund("-89.45"));
    REQUIRE(positive.problem().empty());
    CHECK(positive->spend_amount == -8945);
    CHECK(negative->spend_amount == -8945);
    CHECK(positive.date() == "2020-10-27T15:01:59.000000Z");
    CHECK(Mapped(*named(shipped(), "mastercard-refund"), tgx2_row("48156a45-"))->spend_amount ==
          -11199);
}

TEST_CASE("M-12 M-14 amex times, and approval codes that may be absent") {
    const Mapped auth(*named(shipped(), "amex-auth"), amex_auth());
    const Mapped settled(*named(shipped(), "amex-settled"),
                         amex_settled("", R"(, "approvalCode": "A1")"));
    REQUIRE(auth.problem().empty());
    REQUIRE(settled.problem().empty());
    CHECK(auth.date() == "2022-11-04T15:55:50.000000Z");
    CHECK(settled.date() == "2022-11-04T15:55:50.000000Z");
    CHECK(auth->settlement_key == settled->settlement_key);
    CHECK(auth->spend_amount == 4199);
    CHECK(settled->spend_amount == 4199);
    CHECK(auth->approval_code == "A1");
    CHECK(Mapped(*named(shipped(), "amex-auth"), amex_auth(""))->approval_code.empty());
    CHECK(Mapped(*named(shipped(), "amex-settled"), amex_settled(""))->approval_code.empty());
}

TEST_CASE("M-13 amex card digits are split at the mask") {
    const auto& feed = *named(shipped(), "amex-settled");
    const Mapped masked(feed, amex_settled("123456XXXXX7890"));
    CHECK(masked->first_six == "123456");
    CHECK(masked->last_four == "7890");
    const Mapped empty(feed, amex_settled(""));
    CHECK_FALSE(empty->first_six.has_value());
    CHECK_FALSE(empty->last_four.has_value());
}

TEST_CASE("M-15 amex auths of spotted and streaming merchants are kept raw only") {
    const std::vector<std::string> modes = {"spotted", "stream"};
    CHECK(named(shipped(), "amex-auth")->unless_merchant_mode == modes);
    CHECK(named(shipped(), "amex-settled")->unless_merchant_mode.empty());
}

TEST_CASE("M-1 M-3 visa amounts are exact: a third decimal is a bad row") {
    const auto amount = [](const std::string& text) {
        const std::string pairs =
            std::string("Transaction.VipTransactionId=x;") +
            "Transaction.MerchantCardAcceptorId=m;Transaction.TransactionAmount=" + text +
            ";Transaction.TimeStampYYMMDD=2022-07-01T12:00:00";
        const Mapped row(*named(shipped(), "visa-auth"), visa(pairs));
        return row.problem().empty() ? std::to_string(row->spend_amount) : row.problem();
    };
    CHECK(amount("12.22") == "1222");
    CHECK(amount(".00") == "0");
    CHECK(amount("12.345") == "amount_precision Transaction.TransactionAmount");
    CHECK(amount("12,22") == "bad_amount Transaction.TransactionAmount");
    CHECK(amount("99999999999999999999") == "amount_range Transaction.TransactionAmount");
}

TEST_CASE("M-24 dates and amounts may come tagged") {
    const auto& feed = *named(shipped(), "mastercard-auth");
    const auto date = [&](const std::string& time, const std::string& amount) {
        const Mapped row(feed, R"({"third_party_id": "x", "currency_code": "GBP", "mid": "m",
            "payment_card_token": "t", "time": )" +
                                   time + R"(, "amount": )" + amount + "}");
        return row.problem().empty() ? row.date() + " " + std::to_string(row->spend_amount)
                                     : row.problem();
    };
    const std::string expected = "2023-04-18T10:14:34.000000Z 1210";
    CHECK(date(R"("2023-04-18T11:14:34+01:00")", R"("12.1")") == expected);
    CHECK(date(R"({"__type__":"datetime","__value__":"2023-04-18T11:14:34+01:00"})",
               R"({"__type__":"decimal","__value__":"12.10"})") == expected);
}
