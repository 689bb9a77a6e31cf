// The statements of the SQL engine.
#include "jobs/screen/load/sql_engine_text.hpp"
#include "tests/unit/screen/world.hpp"

using namespace harmonia::screen;

TEST_CASE("sums of squares from the server wrap around like those in memory") {
    CHECK(wrapped_integer("0") == 0);
    CHECK(wrapped_integer("-17") == -17);
    CHECK(print(wrapped_integer("170141183460469231731687303715884105727")) ==
          "170141183460469231731687303715884105727");
    CHECK(print(wrapped_integer("170141183460469231731687303715884105728")) ==
          "-170141183460469231731687303715884105728");
    CHECK(wrapped_integer("340282366920938463463374607431768211457") == 1);
}

TEST_CASE("features of one key and frame share a window") {
    const Ruleset rules = harmonia::screen_test::small(
        "  a: {sum: amount, by: card, over: 1h}\n"
        "  b: {max: amount, by: card, over: 1h}\n"
        "  c: {avg: amount, by: card, over: 1h}\n", // leaves the row out
        "  - {id: R, when: a > 1.00 or b > 1.00 or amount > c, score: 50, reason: x}\n");
    const std::string query = feature_sql(rules).query;
    const auto times = [&](const std::string& text) {
        std::size_t n = 0;
        for (auto at = query.find(text); at != std::string::npos; at = query.find(text, at + 1))
            ++n;
        return n;
    };
    CHECK(times("PARTITION BY") == 1);
    CHECK(times("RANGE BETWEEN 3600000000 PRECEDING AND 0 PRECEDING") == 2);
    CHECK(times("EXCLUDE CURRENT ROW") == 1);
}
