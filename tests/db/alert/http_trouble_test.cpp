#include "core/base/hash.hpp"
#include "tests/db/alert/alerts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_server.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace harmonia;
using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

/// Declarations of each type of channel over HTTP, for `url`.
std::vector<std::string> kinds(const std::string& url, const std::string& more = "") {
    const auto channel = [&](const std::string& type, const std::string& own) {
        return "  channels: {hook: {type: " + type + ", url: \"" + url + "\"" + own + more + "}}\n";
    };
    return {channel("webhook", ""), channel("sms", ", to: [\"+4917012345678\"]"),
            channel("ntfy", ", topic: fraud")};
}

struct Trouble {
    HttpAnswer answer;
    const char* attempts; ///< all of them, if the next one succeeds
};

std::string attempts(const Alerts& alerts) {
    return alerts.database().text("SELECT string_agg(class || coalesce(code, 0), ',' ORDER BY at)"
                                  " FROM screening.delivery_attempt WHERE delivery_id ="
                                  " (SELECT max(id) FROM screening.delivery)");
}

} // namespace

TEST_CASE("whatever a server answers, each channel over HTTP delivers once, later, or never") {
    const std::vector<Trouble> troubles{
        {{.status = 500}, "transient500,sent200"},
        {{.status = 429, .headers = {{"Retry-After", "100"}}}, "transient429,sent200"},
        {{.status = 408}, "transient408,sent200"},
        {{.body = "{\"ok\":", .cut = true}, "transient0,sent200"},
        {{.hang_ms = 30'000}, "transient0,sent200"},
        {{.status = 202, .body = std::string(2'000'000, 'x')}, "sent202"},
        {{.status = 302, .headers = {{"Location", "/elsewhere"}}}, "permanent302"},
        {{.status = 410}, "permanent410"}};
    for (std::size_t kind = 0; kind < 3; ++kind) {
        HttpServer server;
        const Alerts alerts(kinds(server.url("/in"), ", timeout: 400ms").at(kind) +
                            "  route: {group_by: [card]}\n");
        int number = 0;
        for (const Trouble& trouble : troubles) {
            INFO(kinds("")[kind] << trouble.attempts);
            const std::size_t before = server.requests().size();
            server.answer_next(trouble.answer);
            ++number;
            alerts.raise({declined(number, "m", "critical", "card" + std::to_string(number))});
            static_cast<void>(alerts.run(true));
            CHECK(alerts.database().count(
                      "SELECT count(*) FROM screening.delivery WHERE lease_owner IS NOT NULL") ==
                  0);
            alerts.age("2 min");
            static_cast<void>(alerts.run());
            CHECK(attempts(alerts) == trouble.attempts);
            const auto requests = server.requests();
            std::set<std::string> keys, bodies;
            for (std::size_t i = before; i < requests.size(); ++i) {
                CHECK(requests[i].path == "/in");
                CHECK(requests[i].headers.at("content-type") == "application/json");
                keys.insert(requests[i].headers.at("idempotency-key"));
                bodies.insert(requests[i].body);
            }
            CHECK(keys.size() == 1);
            CHECK(bodies.size() == 1);
        }
    }
}

TEST_CASE("Retry-After is honoured if it is longer than the usual wait, up to an hour") {
    const auto wait_after = [](const std::string& header) {
        HttpServer server;
        server.answer_next({.status = 503, .headers = {{"Retry-After", header}}});
        const Alerts alerts(kinds(server.url()).front());
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().retry == 1);
        return alerts.database().count("SELECT extract(epoch FROM retry_at - now())::int"
                                       " FROM screening.delivery");
    };
    CHECK(wait_after("1") <= 17);
    const auto asked = wait_after("600");
    CHECK((asked > 500 && asked <= 600));
    const auto most = wait_after("86400");
    CHECK((most > 3500 && most <= 3600));
    const auto date = wait_after("Fri, 01 Jan 2100 00:00:00 GMT");
    CHECK((date > 3500 && date <= 3600));
}

TEST_CASE("a webhook's signature covers the body as received and is new at each attempt") {
    HttpServer server;
    const TempDir directory;
    const auto secret = directory.write("secret", "between-us\n");
    ::chmod(secret.c_str(), 0400);
    server.answer_next({.status = 503});
    const Alerts alerts(kinds(server.url(), ", secret_file: " + secret).front());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    alerts.age("2 min");
    CHECK(alerts.run().sum().sent == 1);
    REQUIRE(server.requests().size() == 2);
    for (const auto& request : server.requests()) {
        const std::string header = request.headers.at("x-harmonia-signature");
        const auto comma = header.find(",v1=");
        REQUIRE(header.starts_with("t="));
        REQUIRE(comma != std::string::npos);
        CHECK(header.substr(comma + 4) ==
              hmac_sha256_hex("between-us", header.substr(2, comma - 2) + "." + request.body));
    }
}

TEST_CASE("the provider's id of a message is kept, and only configured statuses count as success") {
    HttpServer server;
    server.answer_always({.status = 201, .body = R"({"message":{"id":"SM77"}})"});
    const Alerts alerts(kinds(server.url(), ", id_pointer: /message/id, success: [201]").at(1));
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(alerts.database().text("SELECT provider_id FROM screening.delivery") == "SM77");
    const Alerts refused(kinds(server.url(), ", success: [200]").at(1));
    refused.raise({declined(1, "a")});
    CHECK(refused.run(true).sum().dead == 1);
}

TEST_CASE("a daily budget of messages holds, also while another worker is sending") {
    HttpServer server;
    const Alerts alerts(kinds(server.url(), ", daily_budget: 3").at(1) +
                        "  route: {group_by: [card]}\n");
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 5; ++i)
        events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
    alerts.raise(events);
    alerts.notify();
    alerts.database().execute(
        "UPDATE screening.delivery SET lease_owner = 'another', lease_until = now() + interval"
        " '1 min' WHERE id = (SELECT min(id) FROM screening.delivery)");
    CHECK(alerts.run().sum().sent == 2);
    CHECK(alerts.run().channels.at("hook").paused);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a server without a trusted certificate receives nothing") {
    HttpServer server; // speaks no TLS at all
    std::string url = server.url("/");
    url.insert(4, "s");
    for (const auto& kind : kinds(url)) {
        const Alerts alerts(kind);
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().retry == 1);
    }
    CHECK(server.requests().empty());
}
