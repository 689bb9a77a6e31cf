// What a debtor may configure.
#include "core/smp/root_config.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace harmonia;
using namespace harmonia::smp;

namespace {

bool valid(const std::string& text) {
    return parse_root_config(text).has_value();
}

bool valid_info(const std::string& members) {
    return valid(R"({"info":{)" + members + "}}");
}

} // namespace

TEST_CASE("a root configuration of nothing is one of defaults") {
    for (const char* text : {"", "{}", " { } "}) {
        const auto config = parse_root_config(text);
        REQUIRE(config);
        CHECK(config->rate == 0);
        CHECK(config->limit == k_amount_max);
        CHECK(config->info == DebtorInfo{});
    }
    for (const char* text : {"NOT JSON", "[]", " ", "null", "{\"rate\":}", "INVALID_CONFIG"})
        CHECK_FALSE(valid(text));
}

TEST_CASE("types may carry a version, unknown members are ignored") {
    for (const char* type : {"RootConfigData", "RootConfigData-v1", "RootConfigData-v999999"})
        CHECK(valid(std::string(R"({"type":")") + type + "\"}"));
    for (const char* type :
         {"", "RootConfigDat", "rootConfigData", "RootConfigData-v", "RootConfigData-v0",
          "RootConfigData-v1000000", "RootConfigData-v1x", "RootConfigDatav2", "DebtorInfo"})
        CHECK_FALSE(valid(std::string(R"({"type":")") + type + "\"}"));
    CHECK_FALSE(valid(R"({"type":1})"));
    CHECK(valid(R"({"more":[{}],"info":{"iri":"x","more":1}})"));
}

TEST_CASE("the rate is a number from -50 to 100") {
    CHECK(parse_root_config(R"({"rate":5})")->rate == 5.0F);
    CHECK(parse_root_config(R"({"rate": 3.567})")->rate == 3.567F);
    CHECK(valid(R"({"rate":-50})"));
    CHECK(valid(R"({"rate":1e2})"));
    for (const char* rate :
         {"-51", "101", "100.0001", "-50.0001", "NaN", "1e400", "true", "null", "\"5.5\""})
        CHECK_FALSE(valid(std::string(R"({"rate":)") + rate + "}"));
}

TEST_CASE("the limit is a whole number from 0") {
    CHECK(parse_root_config(R"({"limit":0})")->limit == 0);
    CHECK(parse_root_config(R"({"limit":9223372036854775807})")->limit == k_amount_max);
    for (const char* limit :
         {"-1", "9223372036854775808", "1e19", "null", "1.9", "\"100\"", "1e3", "true"})
        CHECK_FALSE(valid(std::string(R"({"limit":)") + limit + "}"));
}

TEST_CASE("the info needs an IRI and nothing else") {
    const std::string sha = "\"" + std::string(32, '0') + std::string(32, 'F') + "\"";
    const auto config =
        parse_root_config(R"({"info":{"type":"DebtorInfo-v2","iri":"https://example.com/debtor",)"
                          R"("contentType":"text/plain","sha256":)" +
                          sha + "}}");
    REQUIRE(config);
    CHECK(config->info.iri == "https://example.com/debtor");
    CHECK(config->info.content_type == "text/plain");
    CHECK(config->info.sha256 == std::string(32, '0') + std::string(32, 'F'));
    CHECK(valid_info(R"("iri":"")"));
    CHECK_FALSE(valid_info(""));
    CHECK_FALSE(valid(R"({"info":null})"));
    CHECK_FALSE(valid(R"({"info":[]})"));
    CHECK_FALSE(valid_info(R"("iri":null)"));
    CHECK_FALSE(valid_info(R"("iri":"x","type":"RootConfigData")"));
    CHECK_FALSE(valid_info(R"("iri":"x","sha256":")" + std::string(64, 'a') + "\""));
    CHECK_FALSE(valid_info(R"("iri":"x","sha256":"")"));
    CHECK_FALSE(valid_info(R"("iri":"x","contentType":"ж")"));
    CHECK_FALSE(valid_info(R"("iri":"x","contentType":")" + std::string(101, 'a') + "\""));
    CHECK(valid_info("\"iri\":\"" + std::string(200, 'x') + "\""));
    CHECK_FALSE(valid_info("\"iri\":\"" + std::string(201, 'x') + "\""));
}
