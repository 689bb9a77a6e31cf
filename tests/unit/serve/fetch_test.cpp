#include "core/base/error.hpp"
#include "jobs/serve/api.hpp"
#include "jobs/serve/decide_fetch.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace harmonia;
using namespace harmonia::serve;

namespace {

constexpr auto k_none = NotFoundCaching::none;
constexpr auto k_reference = NotFoundCaching::reference;

std::string header(const net::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name)
            return value;
    return "";
}

} // namespace

TEST_CASE("A-96 an account is named by unsigned numbers in their only form") {
    REQUIRE(account_of("18446744073709551615", "1") == smp::AccountKey{-1, 1});
    REQUIRE(account_of("0", "9223372036854775808") ==
            smp::AccountKey{0, std::numeric_limits<std::int64_t>::min()});
    for (const char* bad : {"01", "", "-1", "+1", " 1", "1 ", "00", "1.0", "0x1", "1e3",
                            "18446744073709551616", "99999999999999999999999"}) {
        INFO(bad);
        REQUIRE_FALSE(account_of(bad, "1"));
        REQUIRE_FALSE(account_of("1", bad));
    }
}

TEST_CASE("A-96 who can be paid") {
    const FetchedAccount plain, deleted{.deleted = true}, leaving{.scheduled_for_deletion = true};
    REQUIRE(reachable({-1, 1}, plain, k_none).status == 204);
    REQUIRE(reachable({-1, 1}, deleted, k_none).status == 404);
    REQUIRE(reachable({-1, 1}, leaving, k_none).status == 404);
    REQUIRE(reachable({-1, 1}, std::nullopt, k_none).status == 404);
    REQUIRE(reachable({-1, 0}, std::nullopt, k_none).status == 204);
    REQUIRE(reachable({-1, 0}, deleted, k_none).status == 204);
    REQUIRE(reachable({-1, 0}, leaving, k_none).status == 204);
}

TEST_CASE("A-97 a configuration is handed out as it was given") {
    REQUIRE(serve::config(FetchedAccount{}, k_none).status == 200);
    REQUIRE(serve::config(FetchedAccount{}, k_none).body.empty());
    const FetchedAccount root{.deleted = true, .config_data = R"({"rate": 1.0})"};
    REQUIRE(serve::config(root, k_none).status == 200);
    REQUIRE(serve::config(root, k_none).body == R"({"rate": 1.0})");
    REQUIRE(serve::config(std::nullopt, k_none).status == 404);
    REQUIRE(serve::config(std::nullopt, k_none).body.empty());
}

TEST_CASE(
    "caches keep what is there for a day, and what is not only where the original is wanted") {
    REQUIRE(header(serve::config(FetchedAccount{}, k_none), "Cache-Control") == "max-age=86400");
    REQUIRE(header(reachable({1, 0}, {}, k_none), "Cache-Control") == "max-age=86400");
    REQUIRE(header(reachable({1, 2}, {}, k_none), "Cache-Control") == "max-age=0");
    REQUIRE(header(serve::config({}, k_none), "Cache-Control") == "max-age=0");
    REQUIRE(header(reachable({1, 2}, {}, k_reference), "Cache-Control") == "max-age=86400");
    REQUIRE(header(serve::config({}, k_reference), "Cache-Control") == "max-age=86400");
    for (const auto& response : {reachable({1, 0}, {}, k_none), reachable({1, 2}, {}, k_none),
                                 serve::config(FetchedAccount{}, k_none)})
        REQUIRE(header(response, "Content-Type") == "text/plain; charset=utf-8");
    REQUIRE(header(healthy(), "Cache-Control").empty());
    REQUIRE(header(foreign(), "Cache-Control").empty());
}

TEST_CASE("an API that is none is refused with those there are") {
    REQUIRE(chosen({}).size() == apis().size());
    REQUIRE(chosen({"fetch", "fetch"}).size() == 1);
    try {
        static_cast<void>(chosen({"fetch", "fetsh"}));
        FAIL("it was taken");
    } catch (const Error& error) {
        REQUIRE(error.exit() == Exit::usage);
        REQUIRE(error.hint().find("fetch") != std::string::npos);
    }
}
