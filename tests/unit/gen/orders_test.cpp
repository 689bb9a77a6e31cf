// Generated orders are what their truth says, by the checks of the program.
#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "tests/gen/orders.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/orders/records.hpp"

#include <map>
#include <set>

using namespace harmonia;

TEST_CASE("harmonia-gen orders: every record is what the truth says of it, all refusals occur") {
    const test::TempDir directory;
    const gen::OrderWorld world{.seed = 7, .count = 600, .dup_rate = 0.1, .bad_rate = 0.3};
    const std::string out = directory.path() + "/orders.csv", truth = directory.path() + "/truth";
    gen::generate_orders(world, out, truth);
    gen::generate_orders(world, directory.path() + "/again.csv", "");
    constexpr std::uint64_t k_bytes_max = 1 << 24;
    const std::string text = read_file(out, k_bytes_max), said = read_file(truth, k_bytes_max);
    CHECK(text == read_file(directory.path() + "/again.csv", k_bytes_max));
    const auto lines = split(text, '\n'), truths = split(said, '\n');
    REQUIRE(lines.size() == truths.size());
    std::map<std::string, int> results;
    std::set<std::string> ids;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        const auto columns = split(truths[i], ',');
        const std::string result(columns[2]);
        ++results[result];
        orders::Checked order("orders-csv", std::string(lines[i]), std::string(lines[0]));
        const bool fresh = ids.insert(std::string(columns[1])).second;
        CAPTURE(lines[i], result, order.faults());
        CHECK(order.first() == (result == "new" || result == "duplicate" ? "" : result));
        CHECK(fresh == (result != "duplicate"));
        CHECK(order.stored().find(columns[3]) == std::string_view::npos);
    }
    CHECK(results["new"] == 600);
    CHECK(results["duplicate"] > 30);
    CHECK(results.size() == 16); // beside those, fourteen codes
}
