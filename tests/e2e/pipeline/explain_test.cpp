// A decision can be explained after its sources were purged.

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <nlohmann/json.hpp>

using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

Json decisions(const World& world, const std::string& match) {
    const Json report = Json::parse(world.must({"explain", "matched", match}, {0}));
    for (const Json& part : report.at("data"))
        if (!part.at("decisions").empty())
            return part.at("decisions");
    FAIL("no decision is explained");
    return {};
}

} // namespace

TEST_CASE("explain prints every test with both values, also after the source rows are purged") {
    const World world;
    for (const auto& command : World::pipeline())
        world.must(command);
    const auto& database = world.database();
    const std::string match = database.text("SELECT min(id) FROM harmonia.matched_transaction");
    const Json before = decisions(world, match);
    const Json& chosen = before.at(0).at("reason").at("l").at(0);
    REQUIRE(chosen.at("w").size() >= 4); // identifier, network, window, the merchant's own rule
    for (const Json& test : chosen.at("w"))
        CHECK((test.size() == 4 ||
               test.size() == 3)); // label, outcome, both values; or a list of these

    database.execute(
        "DELETE FROM harmonia.payment_transaction; DELETE FROM harmonia.scheme_transaction;"
        "DELETE FROM harmonia.import_transaction; TRUNCATE harmonia.import_record");
    CHECK(decisions(world, match) == before);
    CHECK(world.harmonia({"explain", "matched", "999999999"}).exit == 66);
}
