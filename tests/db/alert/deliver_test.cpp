#include "jobs/alert/manage.hpp"
#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/http_server.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace harmonia;
using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

std::string to_file(const std::string& path, const std::string& more = "") {
    return "  channels: {log: {type: file, path: " + path + "}}\n" + more;
}

std::vector<Json> lines_of(const std::string& path) {
    std::vector<Json> out;
    std::istringstream lines(file_text(path));
    for (std::string line; std::getline(lines, line);)
        out.push_back(Json::parse(line));
    return out;
}

constexpr const char* k_by_card = "  route: {group_by: [ruleset, card]}\n";

std::string hook(const HttpServer& server, const std::string& more = "") {
    return "  channels: {hook: {type: webhook, url: \"" + server.url("/alert") + "\"" + more +
           "}}\n";
}

} // namespace

TEST_CASE("ALERT_CHILD", "[.]") {
    alert::Options options;
    options.database.dsn = std::getenv("ALERT_DSN");
    options.settings =
        alert::Settings::load(config::parse(file_text(std::getenv("ALERT_CONFIG")), "child"));
    options.run_id = "child";
    if (const char* url = std::getenv("ALERT_PING_URL")) {
        options.follow = true;
        options.ping_url = url;
        options.ping_every = std::chrono::milliseconds(1);
    }
    static_cast<void>(alert::run(options));
}

TEST_CASE("a follower calls its dead man's switch every round, and reports dead deliveries") {
    HttpServer hook, pings;
    hook.answer_always({.status = 410});
    const TempDir directory;
    const Alerts alerts("  channels: {hook: {type: webhook, url: \"" + hook.url() +
                        "\"}}\n  route: {group_wait: 0s}\n");
    auto child = alerts.child(directory, "");
    child.environment["ALERT_PING_URL"] = pings.url("/p");
    const Running follower(child);
    const auto pinged = [&](const std::string& path) {
        std::ptrdiff_t count = 0;
        for (const auto& request : pings.requests())
            count += request.path == path ? 1 : 0;
        return count;
    };
    wait_until([&] { return pinged("/p") >= 2; }, "two rounds"); // five seconds apart
    CHECK(pings.requests().front().path == "/p/start");
    CHECK(pinged("/p/fail") == 0);
    alerts.raise({declined(1, "a")});
    wait_until([&] { return pinged("/p/fail") == 1; }, "it reports that one is dead");
    const auto before = pinged("/p");
    wait_until([&] { return pinged("/p") > before; }, "the next round succeeds");
    CHECK(pinged("/p/fail") == 1);
}

TEST_CASE("O-49 a burst is one message, what follows it is one more, repetitions are none") {
    const TempDir directory;
    const auto path = directory.path() + "/log";
    const Alerts alerts(to_file(path, k_by_card));
    std::vector<observe::AlertEvent> burst;
    for (int i = 0; i < 30; ++i)
        burst.push_back(declined(i, "m" + std::to_string(i)));
    alerts.raise(burst);
    CHECK(alerts.run().sum().sent == 0); // the group waits
    alerts.age("31 s");
    CHECK(alerts.run().sum().sent == 1);
    REQUIRE(lines_of(path).size() == 1);
    CHECK(lines_of(path)[0]["alerts"].size() == 30);
    burst.clear();
    for (int i = 30; i < 50; ++i)
        burst.push_back(declined(i, "m" + std::to_string(i)));
    alerts.raise(burst);
    alerts.age("290 s");
    CHECK(alerts.run().sum().sent == 0);
    alerts.age("11 s");
    CHECK(alerts.run().sum().sent == 1);
    REQUIRE(lines_of(path).size() == 2);
    CHECK(lines_of(path)[1]["alerts"].size() == 20);
    CHECK(lines_of(path)[1]["reason"] == "new members");

    burst.clear();
    for (int i = 100; i < 130; ++i)
        burst.push_back(declined(i, "one"));
    alerts.raise(burst);
    alerts.age("6 min");
    CHECK(alerts.run().sum().sent == 1);
    CHECK(alerts.database().count("SELECT max(count) FROM screening.alert") == 30);
    CHECK(alerts.database().count(
              "SELECT count(*) FROM screening.alert WHERE suppressed_by = 'dedup'") == 29);
    alerts.age("10 min");
    CHECK(alerts.run().sum().sent == 0);
}

TEST_CASE("O-50 a firing alert is reminded of after four hours, one that happened once is not") {
    const TempDir directory;
    const auto path = directory.path() + "/log";
    const Alerts alerts(to_file(path, k_by_card));
    auto firing = declined(1, "m");
    alerts.raise({firing});
    alerts.database().execute("UPDATE screening.alert SET ends_at = now() + interval '6 h'");
    alerts.age("31 s");
    CHECK(alerts.run().sum().sent == 1);
    alerts.age("239 min");
    CHECK(alerts.run().sum().sent == 0);
    alerts.age("2 min");
    CHECK(alerts.run().sum().sent == 1);
    CHECK(lines_of(path).back()["reason"] == "reminder");
    alerts.age("5 h"); // it ended meanwhile
    CHECK(alerts.run().sum().sent == 0);
}

TEST_CASE("O-51 a silenced alert is stored and not notified") {
    const TempDir directory;
    const Alerts alerts(to_file(directory.path() + "/log"));
    alerts.database().execute(
        "INSERT INTO screening.standing (payment_id, ruleset, state_version) VALUES "
        "(1, 'cards', 1), (2, 'cards', 1)");
    static_cast<void>(
        alert::add_silence(alerts.database().settings(),
                           {{"card=\"0622241201382a45\""}, 3'600'000'000, 0, "me", "known"}));
    auto silent = declined(1, "m"), loud = declined(2, "m", "critical", "ffff");
    silent.payment_id = 1;
    loud.payment_id = 2;
    alerts.raise({silent, loud});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(alerts.database().text("SELECT string_agg(suppressed_by, ',') FROM screening.alert") ==
          "silence");
    CHECK(alerts.database().text("SELECT string_agg(alert_state, ',' ORDER BY payment_id)"
                                 " FROM screening.standing") == "suppressed,sent");
}

TEST_CASE("O-53 twenty warnings, the rest in one digest, and a critical at once") {
    const TempDir directory;
    const auto path = directory.path() + "/log";
    const Alerts alerts(
        to_file(path, "  route: {group_by: [card], throttle: {max: 20, per: 1h}}\n"));
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 35; ++i)
        events.push_back(declined(i, "m", "warning", "card" + std::to_string(i)));
    alerts.raise(events);
    CHECK(alerts.run(true).sum().sent == 20);
    alerts.raise({declined(99, "m", "critical", "other")});
    CHECK(alerts.run(true).sum().sent == 1);
    alerts.age("2 min");
    CHECK(alerts.run(true).sum().sent == 0);
    alerts.age("61 s");
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(lines_of(path).back()["reason"] == "digest");
    CHECK(lines_of(path).back()["alerts"].size() == 15);
    CHECK(alerts.database().count(
              "SELECT count(*) FROM screening.alert WHERE suppressed_by = 'throttle'") == 15);
}

TEST_CASE("O-56 a webhook's 404 is the end, its 429 says when to retry") {
    HttpServer server;
    const Alerts alerts(hook(server) + "  route: {group_by: [merchant]}\n");
    server.answer_next({.status = 404});
    server.answer_next({.status = 429, .headers = {{"Retry-After", "120"}}});
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().dead == 1);
    alerts.age("10 min");
    alerts.raise({declined(2, "b")});
    CHECK(alerts.run(true).sum().retry == 1);
    CHECK(alerts.database().count("SELECT round(extract(epoch FROM retry_at - now()))::int"
                                  " FROM screening.delivery WHERE final IS NULL") >= 118);
    alerts.age("121 s");
    CHECK(alerts.run().sum().sent == 1);
    const auto requests = server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[1].headers.at("idempotency-key") == requests[2].headers.at("idempotency-key"));
    CHECK(requests[1].body == requests[2].body);
}

TEST_CASE("O-57 five hours of 503: twelve attempts, dead, and the fallback is notified") {
    const TempDir directory;
    HttpServer server;
    const auto path = directory.path() + "/log";
    server.answer_always({.status = 503});
    const Alerts alerts("  channels:\n    hook: {type: webhook, url: \"" + server.url("/") +
                        "\"}\n    log: {type: file, path: " + path +
                        "}\n  receivers: {default: {channels: [hook]}}\n  fallback: log\n");
    alerts.raise({declined(1, "a")});
    std::int64_t dead = alerts.run(true).sum().dead;
    for (int hours = 0; hours < 20 && dead == 0; ++hours) {
        alerts.age("67 min"); // more than the longest wait
        dead += alerts.run().sum().dead;
    }
    CHECK(dead == 1);
    CHECK(server.requests().size() == 12);
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery_attempt"
                                  " WHERE class = 'transient' AND code = 503") == 12);
    REQUIRE(lines_of(path).size() == 1);
    CHECK(lines_of(path)[0]["alerts"][0]["kind"] == "delivery.dead");
    CHECK(alert::retry(alerts.database().settings(), {}) == 1);
    server.answer_always({.status = 200});
    alerts.age("61 s"); // the breaker
    CHECK(alerts.run().sum().sent == 1);
}

TEST_CASE("O-58 a worker killed between sending and committing: sent again under the same key") {
    const TempDir directory;
    HttpServer server;
    const Alerts alerts(hook(server));
    alerts.raise({declined(1, "a")});
    alerts.age("31 s");
    const auto killed = alerts.run_child(directory, "alert_sent_commit:before kill");
    INFO(killed.err << killed.out);
    CHECK(killed.exit == 128 + 9);
    CHECK(server.requests().size() == 1);
    CHECK(alerts.run().sum().sent == 0); // its lease holds
    alerts.age("91 s");
    CHECK(alerts.run().sum().sent == 1);
    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].headers.at("idempotency-key") == requests[1].headers.at("idempotency-key"));
    CHECK(requests[0].body == requests[1].body);
    CHECK(alerts.database().text("SELECT string_agg(class, ',' ORDER BY at)"
                                 " FROM screening.delivery_attempt") == "lost,sent");
    alerts.raise({declined(1, "a")}); // as a broker would deliver it again
    alerts.age("10 min");
    CHECK(alerts.run().sum().sent == 0);
}

TEST_CASE(
    "killed at any of its commits, an alert is notified under one key and counted as sent once") {
    for (const char* point :
         {"alert_decide_commit", "alert_notify_commit", "alert_claim_commit", "alert_sent_commit"})
        for (const char* side : {":before kill", ":after kill"}) {
            const TempDir directory;
            HttpServer server;
            const Alerts alerts(hook(server));
            alerts.raise({declined(1, "a"), declined(2, "b")});
            alerts.age("31 s");
            INFO(point << side);
            CHECK(alerts.run_child(directory, std::string(point) + side).exit == 128 + 9);
            alerts.age("10 min");
            static_cast<void>(alerts.run());
            std::set<std::string> keys;
            for (const auto& request : server.requests())
                keys.insert(request.headers.at("idempotency-key"));
            CHECK(keys.size() == 1);
            CHECK(alerts.database().count(
                      "SELECT count(*) FROM screening.delivery WHERE final = 'sent'") == 1);
        }
}

TEST_CASE("O-65 a card number in an order's name is masked wherever it would appear") {
    const TempDir directory;
    HttpServer server;
    server.answer_always({.status = 404, .body = "no 4111111111111111 here"});
    const auto path = directory.path() + "/log";
    const Alerts alerts("  channels:\n    hook: {type: webhook, url: \"" + server.url("/") +
                        "\"}\n    log: {type: file, path: " + path + "}\n");
    auto event = declined(1, "a");
    event.summary = "declined gift for 4111 1111 1111 1111";
    event.details = R"({"order":{"name":"card 4111111111111111","number":4111111111111111}})";
    alerts.raise({event});
    static_cast<void>(alerts.run(true));
    for (const std::string& text :
         {file_text(path), server.requests().at(0).body,
          alerts.database().text("SELECT string_agg(a::text, ' ') FROM screening.alert a"),
          alerts.database().text("SELECT string_agg(a::text, ' ') FROM screening.delivery a"),
          alerts.database().text("SELECT string_agg(reply, '') FROM screening.delivery_attempt")}) {
        CHECK(text.find("1111111111") == std::string::npos);
        CHECK(text.find("1111 1111 1111") == std::string::npos);
    }
    CHECK(file_text(path).find("411111******1111") != std::string::npos);
}

TEST_CASE("attempts are an audit trail: nobody changes or deletes one") {
    const TempDir directory;
    const Alerts alerts(to_file(directory.path() + "/log"));
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK_THROWS(alerts.database().execute("UPDATE screening.delivery_attempt SET class = 'lost'"));
    CHECK_THROWS(alerts.database().execute("DELETE FROM screening.delivery_attempt"));
}

TEST_CASE("an open breaker spares a failing channel, and no attempt is used up meanwhile") {
    HttpServer server;
    server.answer_always({.status = 503});
    const Alerts alerts(hook(server) + "  route: {group_by: [card]}\n");
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 8; ++i)
        events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
    alerts.raise(events);
    static_cast<void>(alerts.run(true));
    CHECK(server.requests().size() == 8); // one batch
    alerts.age("40 s");
    static_cast<void>(alerts.run());
    CHECK(server.requests().size() == 8); // due, but the breaker is open
    server.answer_always({.status = 200});
    alerts.age("21 s");
    CHECK(alerts.run().sum().sent == 8);
}

TEST_CASE("a server that fails in the middle of a large batch is not asked further") {
    HttpServer server;
    for (int i = 0; i < 30; ++i)
        server.answer_next({.status = 200});
    server.answer_always({.status = 503});
    const Alerts alerts(hook(server) + "  route: {group_by: [card]}\n");
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 100; ++i)
        events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
    alerts.raise(events);
    CHECK(alerts.run(true).sum().sent == 30);
    CHECK(server.requests().size() <=
          40); // the current chunk, and one more until the breaker opens
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery_attempt"
                                  " WHERE class = 'transient'") ==
          static_cast<long long>(server.requests().size()) - 30);
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery WHERE final IS NULL"
                                  " AND lease_owner IS NULL") == 70);
    server.answer_always({.status = 200});
    alerts.age("2 min");
    CHECK(alerts.run().sum().sent == 70);
}
