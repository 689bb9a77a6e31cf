#include "core/base/hash.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/feed/records.hpp"

using namespace harmonia;
using namespace harmonia::importers;
using namespace harmonia::importers::test;

TEST_CASE("key:value lines with epoch seconds (2018)") {
    const auto feed = named(declared("samples-2018"), "testdir");
    const Mapped row(*feed,
                     "transuid:t-1|merchno:m-1|timestamp:1541002000|spend:1234|currency_code:GBP");
    REQUIRE(row.kept());
    CHECK(row.date() == "2018-10-31T16:06:40.000000Z");
    CHECK(row->spend_amount == 1234);
    CHECK(row->payment_provider.empty());
    CHECK(Mapped(*feed, "transuid:t-1|merchno:m-1|timestamp:now|spend:1|currency_code:GBP")
              .problem() == "bad_date timestamp");
}

TEST_CASE("one field split into amount and currency, RFC 1123 dates, points (2018)") {
    const Mapped row(*named(declared("samples-2018"), "fake"),
                     R"({"id": "t", "merchant_id": "m", "amount": "12.34 gbp", "earned": 12,
        "occurred_on": "Sun, 06 Nov 1994 08:49:37 GMT"})");
    REQUIRE(row.kept());
    CHECK(row->spend_amount == 1234);
    CHECK(row->spend_currency == "GBP");
    CHECK(row->points_amount == 12);
    CHECK(row.date() == "1994-11-06T08:49:37.000000Z");
    const Mapped push(*named(declared("samples-2018"), "push"),
                      R"({"tid": "t", "mid": "m", "date": "2018-11-05", "spend": 5, "pts": 1})");
    REQUIRE(push.kept());
    CHECK(push->spend_amount == 5);
}

TEST_CASE("widths as a list, and a prefix stripped (TS44)") {
    std::string line;
    const auto put = [&](std::string text, std::size_t width) {
        text.resize(width, ' ');
        line += text;
    };
    put("D", 1);
    put("1", 13);
    put("acc", 19);
    put("0000000012.99", 13);
    put("20201027", 8);
    put("Shop", 60);
    put("0000000123456789", 22);
    put("loc-1", 9);
    put("1", 6);
    put("1501", 4);
    put("BNR123", 9);
    put("token-1", 30);
    put("987654", 6);
    const Mapped row(*named(declared("retired"), "mastercard-ts44"), line);
    REQUIRE(row.kept());
    CHECK(row->transaction_id == "BNR123_20201027");
    CHECK(row->spend_amount == 1299);
    CHECK(row->identifiers.primary == "123456789");
    CHECK(row->identifiers.secondary == "loc-1");
    CHECK(row->identifiers.psimi == "987654");
    CHECK(row->card_token == "token-1");
}

TEST_CASE("a key that depends on whether there is an id (amex file)") {
    const auto feed = named(declared("retired"), "amex-file");
    const auto key = [&](const std::string& id) {
        const std::string line =
            "D|i|p|" + id + "|2020-10-27|12.99|tok|mid-1|2020-10-27-15.01.59|a";
        const Mapped row(*feed, line);
        REQUIRE(row.kept());
        CHECK(row->content_hashed == id.empty());
        CHECK(row.date() == "2020-10-27T22:01:59.000000Z");
        return std::string(row->settlement_key.value_or("none"));
    };
    CHECK(key("t-1") == sha256_hex("amex.tok.t-1"));
    CHECK(key("") == sha256_hex("amex.tok.12.99.mid-1"));
}

TEST_CASE("nested paths, a code cleaned, an optional network") {
    const std::string record = R"({"id": "t", "store_id": "s", "timestamp": "2023-01-05T10:00:00",
        "amount": {"value": 12.99, "unit": "GBP"}, "auth_code": " 001234 ",
        "card": {"scheme": "Visa", "first_6": "000000", "last_4": "7890"}})";
    const Mapped row(*named(declared("retired"), "harvey-nichols"), record);
    REQUIRE(row.kept());
    CHECK(row->auth_code == "1234");
    CHECK(row->payment_provider == "visa");
    CHECK(row->first_six == "000000");
    CHECK(row->spend_amount == 1299);
    const Mapped cooperative(*named(declared("retired"), "cooperative"), record);
    REQUIRE(cooperative.kept());
    CHECK(cooperative->payment_provider.empty());
    CHECK_FALSE(cooperative->first_six.has_value());
}

TEST_CASE("an unknown store falls back to the store code (WHSmith)") {
    const Mapped row(
        *named(declared("retired"), "whsmith"),
        "u-1|1|i|1|GBP|1|c|store-7|c|GB|1|1|2020-10-27 15:01:59.250|0|0|0|0|0|VISA|7890|"
        "01/22|123456|t|r|12.99");
    REQUIRE(row.kept());
    CHECK(row->location == "store-7");
    CHECK(row->mids == std::vector<std::string_view>{"store-7"});
    CHECK(row->last_four == "7890");
    CHECK(row.date() == "2020-10-27T15:01:59.250000Z");
}
