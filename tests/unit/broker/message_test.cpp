#include "core/base/error.hpp"
#include "core/broker/message.hpp"
#include "core/broker/table.hpp"
#include "tests/support/catch.hpp"

#include <amqp.h>

using namespace harmonia;
using namespace harmonia::broker;

namespace {

/// JSON to table and back.
std::string there_and_back(const std::string& json) {
    amqp_pool_t pool;
    init_amqp_pool(&pool, 4096);
    const auto table = table_from_json(json, pool);
    auto out = table ? table_to_json(*table) : table.error().code;
    empty_amqp_pool(&pool);
    return out;
}

} // namespace

TEST_CASE("message properties survive JSON") {
    const std::string json =
        R"({"content_type":"a/b","correlation_id":"c","message_id":"m","type":"t","delivery_mode":2,)"
        R"("priority":0,"timestamp":1700000000})";
    const auto properties = properties_from_json(json);
    CHECK(properties.delivery_mode == 2);
    CHECK(properties.priority == 0);
    CHECK_FALSE(properties.expiration);
    CHECK(properties_to_json(properties) == json);
    CHECK_THROWS_AS(properties_from_json(R"({"colour":"red"})"), Error);
    CHECK_THROWS_AS(properties_from_json(R"({"delivery_mode":300})"), Error);
    CHECK_THROWS_AS(properties_from_json(R"({"delivery_mode":-1})"), Error);
    CHECK_THROWS_AS(properties_from_json(R"({"type":1})"), Error);
    CHECK_THROWS_AS(properties_from_json("[]"), Error);
}

TEST_CASE("headers survive the table and back") {
    for (const auto* json :
         {"{}", R"({"a":1,"b":-9007199254740993,"c":true,"d":"x","e":null})",
          R"({"list":[1,"two",[3]],"deep":{"er":{"x":false}}})", R"({"t":{"!timestamp":5}})",
          R"({"b":{"!bytes":"00ff"}})", R"({"d":{"!decimal":[12345,2]}})", R"({"f":0.5})"})
        CHECK(there_and_back(json) == json);
}

TEST_CASE("integers take the smaller of the two signed forms") {
    amqp_pool_t pool;
    init_amqp_pool(&pool, 4096);
    const auto table = table_from_json(R"({"s":2147483647,"l":2147483648,"n":-2147483649})", pool);
    REQUIRE(table);
    CHECK(table->entries[0].value.kind == AMQP_FIELD_KIND_I32);
    CHECK(table->entries[1].value.kind == AMQP_FIELD_KIND_I64);
    CHECK(table->entries[2].value.kind == AMQP_FIELD_KIND_I64);
    empty_amqp_pool(&pool);
}

TEST_CASE("headers that no frame can carry are refused by code") {
    CHECK(there_and_back("[]") == "table_malformed");
    CHECK(there_and_back("{") == "table_malformed");
    CHECK(there_and_back(R"({"a":18446744073709551615})") == "table_malformed");
    CHECK(there_and_back(R"({"a":{"!bytes":"0g"}})") == "table_malformed");
    CHECK(there_and_back("{\"" + std::string(256, 'k') + "\":1}") == "table_malformed");
    CHECK(there_and_back("{\"a\":\"" + std::string(17'000, 'x') + "\"}") == "table_too_large");
    std::string deep = "1";
    for (int i = 0; i < 9; ++i)
        deep = "[" + deep + "]";
    CHECK(there_and_back("{\"a\":" + deep + "}") == "table_too_deep");
}

TEST_CASE("text that is not UTF-8 arrives as bytes and a dead letter shows its headers") {
    amqp_table_entry_t entry{};
    entry.key = to_bytes("k");
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = to_bytes("\xff");
    CHECK(table_to_json({1, &entry}) == R"({"k":{"!bytes":"ff"}})");
    Delivery delivery;
    delivery.properties.type = "t\xff";
    delivery.headers = R"({"n":1})";
    CHECK(delivery.properties_json() == R"({"type":"t\\xFF","headers":{"n":1}})");
}
