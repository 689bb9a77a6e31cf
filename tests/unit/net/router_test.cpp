#include "core/base/error.hpp"
#include "core/net/router.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::net;

namespace {

Route route(const char* method, const char* pattern, bool redirect_slash = false) {
    return {method, pattern, [](const Request&) { return Response{}; }, 0, redirect_slash};
}

Router sample() {
    return Router({route("GET", "/accounts/healthz"), route("GET", "/accounts/{debtor}/{kind}"),
                   route("POST", "/accounts/{debtor}/{kind}"), route("GET", "/wallets/{id}/", true),
                   route("POST", "/transact", true), route("GET", "/")});
}

std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name)
            return value;
    return "";
}

} // namespace

TEST_CASE("a request finds its route and its named segments") {
    const Router router = sample();
    auto found = router.find("GET", "/accounts/12/config?x=1&y");
    REQUIRE(found.route != nullptr);
    REQUIRE(found.route->pattern == "/accounts/{debtor}/{kind}");
    REQUIRE(found.segments ==
            std::map<std::string, std::string, std::less<>>{{"debtor", "12"}, {"kind", "config"}});
    REQUIRE(router.find("GET", "/accounts/healthz").route->pattern == "/accounts/healthz");
    REQUIRE(router.find("HEAD", "/accounts/healthz").route->method == "GET");
    REQUIRE(router.find("POST", "/accounts/1/2").route->method == "POST");
    REQUIRE(router.find("GET", "/").route->pattern == "/");
}

TEST_CASE("segments are decoded one by one") {
    const Router router = sample();
    REQUIRE(router.find("GET", "/accounts/a%2Fb/c+d").segments.at("debtor") == "a/b");
    REQUIRE(router.find("GET", "/accounts/a%2Fb/c+d").segments.at("kind") == "c+d");
    REQUIRE(router.find("GET", "/%61ccounts/1/2").route != nullptr);
    for (const char* bad : {"/accounts/%zz/1", "/accounts/%4", "/accounts/%", "/accounts/%ff/1",
                            "/accounts/%00/1", "", "accounts", "*", "http://host/accounts/1/2"})
        REQUIRE(router.find("GET", bad).answer.status == 400);
}

TEST_CASE("a request without a route gets the reason") {
    const Router router = sample();
    for (const char* none : {"/nothing", "/accounts", "/accounts/1", "/accounts/1/2/3",
                             "/accounts//2", "/accounts/1/", "//", "/accounts/1/2/"}) {
        INFO(none);
        const auto found = router.find("GET", none);
        REQUIRE(found.route == nullptr);
        REQUIRE(found.answer.status == 404);
    }
    const auto wrong = router.find("DELETE", "/accounts/1/2");
    REQUIRE(wrong.answer.status == 405);
    REQUIRE(header(wrong.answer, "Allow") == "GET, HEAD, OPTIONS, POST");
    REQUIRE(header(router.find("GET", "/transact").answer, "Allow") == "OPTIONS, POST");
    REQUIRE(router.find("HEAD", "/transact").answer.status == 405);
    const auto options = router.find("OPTIONS", "/accounts/healthz");
    REQUIRE(options.answer.status == 200);
    REQUIRE(header(options.answer, "Allow") == "GET, HEAD, OPTIONS");
    REQUIRE(router.find("OPTIONS", "/nothing").answer.status == 404);
}

TEST_CASE("with redirect_slash, a path that differs by its last slash is redirected") {
    const Router router = sample();
    const auto lacks = router.find("GET", "/wallets/7?a=b");
    REQUIRE(lacks.answer.status == 308);
    REQUIRE(header(lacks.answer, "Location") == "/wallets/7/?a=b");
    REQUIRE(header(router.find("POST", "/transact/").answer, "Location") == "/transact");
    REQUIRE(router.find("GET", "/wallets//").answer.status == 404);
    REQUIRE(router.find("GET", "/accounts/healthz/").answer.status == 404);
}

TEST_CASE("a route that can never match is a programming error") {
    REQUIRE_THROWS_AS(Router({route("FETCH", "/a")}), Error);
    REQUIRE_THROWS_AS(Router({route("GET", "a")}), Error);
    REQUIRE_THROWS_AS(Router({route("GET", "/{a")}), Error);
    REQUIRE_THROWS_AS(Router({route("GET", "/{}")}), Error);
    REQUIRE_THROWS_AS(Router({{"GET", "/a", nullptr}}), Error);
}
