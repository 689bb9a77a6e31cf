#include "tests/support/catch.hpp"
#include "tests/unit/feed/records.hpp"

using namespace harmonia::importers;
using namespace harmonia::importers::test;

namespace {

// As the original producer was seen to send it.
const std::string k_scheme =
    R"({"merchant_identifier_id": 5, "points_amount": 76800, "transaction_date": "2026-11-21T04:47:49.207247+00:00", "transaction_id": "6f6e0a2e-0d9c-4d5f-b0de-0d2f4d0f4d3c", "spend_amount": 6600, "points_multiplier": 100, "spend_multiplier": 100, "spend_currency": "GBP", "extra_fields": {}})";

const std::string k_payment =
    R"({"merchant_identifier_id": 5, "transaction_date": "2026-11-21T04:47:49.207247+00:00", "transaction_id": "6f6e0a2e-0d9c-4d5f-b0de-0d2f4d0f4d3c", "spend_amount": 6600, "spend_multiplier": 100, "spend_currency": "GBP", "card_token": "q6urq6urq6urq6urq6urqw==", "extra_fields": {"a": [1, 2.50]}})";

std::string without(std::string json, const std::string& from, const std::string& to) {
    return json.replace(json.find(from), from.size(), to);
}

} // namespace

TEST_CASE("the scheme message of 2018") {
    const auto& feed = *named(shipped(), "imports-scheme");
    CHECK(feed.type == FeedType::merchant);
    CHECK(feed.provider == "imports-scheme");
    CHECK(feed.content_type == "application/txmatch+json");
    CHECK(feed.source.queue == "imports-scheme");
    const Mapped row(feed, k_scheme);
    REQUIRE(row.problem().empty());
    CHECK(row->merchant_identifier_id == 5);
    CHECK(row->points_amount == 76800);
    CHECK(row->points_multiplier == 100);
    CHECK(row->spend_amount == 6600);
    CHECK(row->spend_multiplier == 100);
    CHECK(row->spend_currency == "GBP");
    CHECK(row->extra_fields == "{}");
    CHECK(row.date() == "2026-11-21T04:47:49.207247Z");
    CHECK(row->transaction_id == "6f6e0a2e-0d9c-4d5f-b0de-0d2f4d0f4d3c");
    CHECK_FALSE(row->settlement_key.has_value());
}

TEST_CASE("the payment message of 2018 has a token and no points") {
    const auto& feed = *named(shipped(), "imports-payment");
    CHECK(feed.type == FeedType::settled);
    CHECK(feed.provider == "imports-payment");
    const Mapped row(feed, k_payment);
    REQUIRE(row.problem().empty());
    CHECK(row->card_token == "q6urq6urq6urq6urq6urqw==");
    CHECK(row->merchant_identifier_id == 5);
    CHECK_FALSE(row->points_amount.has_value());
    CHECK_FALSE(row->settlement_key.has_value());
    CHECK(row->extra_fields == R"({"a": [1, 2.50]})");
}

TEST_CASE("M-24 dates of 2018's own encoding are read too") {
    const auto& feed = *named(shipped(), "imports-scheme");
    const Mapped row(feed, without(k_scheme, R"("2026-11-21T04:47:49.207247+00:00")",
                                   R"({"__type__":"pendulum.DateTime","epoch":1681812874})"));
    REQUIRE(row.problem().empty());
    CHECK(row.date() == "2023-04-18T10:14:34.000000Z");
}

TEST_CASE("every field of 2018's messages must be there") {
    const auto& feed = *named(shipped(), "imports-scheme");
    for (const char* field : {"merchant_identifier_id", "points_amount", "transaction_date",
                              "transaction_id", "spend_amount", "points_multiplier",
                              "spend_multiplier", "spend_currency", "extra_fields"}) {
        INFO(field);
        const std::string key = "\"" + std::string(field) + "\"";
        CHECK(Mapped(feed, without(k_scheme, key, "\"x\"")).problem() ==
              "missing_field " + std::string(field));
    }
    CHECK(Mapped(feed, without(k_scheme, "6600", "null")).problem() ==
          "missing_field spend_amount");
    CHECK(Mapped(feed, without(k_scheme, "6600", "66.5")).problem() == "bad_value spend_amount");
    CHECK(Mapped(feed, without(k_scheme, "{}", "[]")).problem() == "bad_value extra_fields");
    CHECK(Mapped(feed, without(k_scheme, "\"GBP\"", "\"GBX\"")).problem() ==
          "bad_currency spend_currency");
    CHECK(Mapped(feed, without(k_scheme, "2026-11-21", "2026-02-30")).problem() ==
          "bad_date transaction_date");
    CHECK(Mapped(feed, without(k_scheme, "6f6e0a2e", std::string(200, 'x'))).problem() ==
          "too_long transaction_id");
    CHECK(Mapped(feed, without(k_scheme, "6f6e0a2e", "\\u0000")).problem() == "bad_json ");
    CHECK(Mapped(feed, "[]").problem() == "bad_json ");
}
