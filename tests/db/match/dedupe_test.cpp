// What counts as the same transaction: one identifier of one provider and feed type.
#include "core/base/files.hpp"
#include "core/config/compiled_in.hpp"
#include "tests/db/match/sink.hpp"
#include "tests/support/source.hpp"

using namespace harmonia;
using namespace harmonia::match;

namespace {

auto shipped() {
    return importers::load_feeds(config::defaults());
}

std::string visa(const char* id) {
    const auto pair = [](const char* key, const char* value) {
        return std::string(R"({"Key": "Transaction.)") + key + R"(", "Value": ")" + value + "\"}";
    };
    return R"({"CardId": "1", "ExternalUserId": "tok", "MessageElementsCollection": [)" +
           pair("VipTransactionId", id) + ", " + pair("MerchantCardAcceptorId", "mid-1") + ", " +
           pair("TransactionAmount", "12.22") + ", " + pair("SettlementAmount", "12.22") + ", " +
           pair("TimeStampYYMMDD", "2022-07-01T12:00:00") + ", " +
           pair("MerchantDateTimeGMT", "2022-07-01 12:00:00") + "]}\n";
}

/// A TGX2 file of one detail record.
std::string tgx2(const char* id, const char* day) {
    std::string line(850, ' ');
    for (const auto& [at, text] :
         std::vector<std::pair<std::size_t, std::string>>{{0, "D"},
                                                          {21, "tok"},
                                                          {102, day},
                                                          {451, "mid-1"},
                                                          {518, "000000001222"},
                                                          {563, "1501"},
                                                          {761, id}})
        line.replace(at, text.size(), text);
    return "H\n" + line + "\n";
}

} // namespace

TEST_CASE("M-27 authorisation and settlement with one id are both stored, a repeat is not") {
    SinkWorld world;
    world.declare(shipped());
    CHECK(world.import("visa-auth", visa("v-1")).inserted == 1);
    CHECK(world.import("visa-settled", visa("v-1")).inserted == 1);
    const auto again = world.import("visa-settled", visa("v-1"));
    CHECK(again.inserted == 0);
    CHECK(again.duplicates == 1);
    CHECK(world.one("string_agg(feed_type || ' ' || transaction_id, ', ' ORDER BY feed_type) "
                    "FROM harmonia.payment_transaction") == "AUTH v-1, SETTLED v-1");
}

TEST_CASE("M-28 a Mastercard id used again on the next day is another payment") {
    SinkWorld world;
    world.declare(shipped());
    CHECK(world.import("mastercard-settled", tgx2("48156a45-", "20201027")).inserted == 1);
    CHECK(world.import("mastercard-settled", tgx2("48156a45-", "20201028")).inserted == 1);
    CHECK(world.import("mastercard-settled", tgx2("48156a45-", "20201027")).duplicates == 1);
    CHECK(world.one("string_agg(transaction_id, ' ' ORDER BY transaction_id) "
                    "FROM harmonia.payment_transaction") ==
          "48156a45-_20201027 48156a45-_20201028");
}

TEST_CASE("M-37 the same id at two merchants: both are kept") {
    SinkWorld world;
    world.database.execute(
        "INSERT INTO harmonia.loyalty_scheme (slug) VALUES ('itsu'); "
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id, location_id) SELECT 'mid-7', s.id, p.id, 'store-7' "
        "FROM harmonia.loyalty_scheme s, harmonia.payment_provider p WHERE s.slug = 'itsu'");
    const auto path = test::source_root() / "tests" / "feeds" / "itsu.yaml";
    constexpr std::uint64_t bytes_max = 1 << 20;
    world.declare(importers::load_feeds(config::parse(read_file(path, bytes_max), "itsu.yaml")));
    const std::string id = "001/001/10000";
    CHECK(world.import("shop", "id,at,amount,store\n" + id + ",2026-03-10T12:00:00Z,5.00,store-1\n")
              .inserted == 1);
    CHECK(world
              .import("itsu", "transaction_id,payment_card_type,payment_card_first_six,"
                              "payment_card_last_four,amount,currency_code,auth_code,date,"
                              "retailer_location_id\n" +
                                  id +
                                  ",visa,123456,7890,5.00,GBP,000000,2026-03-10 "
                                  "12:00:00,store-7\n")
              .inserted == 1);
    CHECK(world.one("string_agg(provider_slug, ' ' ORDER BY provider_slug) "
                    "FROM harmonia.scheme_transaction WHERE transaction_id = '" +
                    id + "'") == "itsu shop");
}
