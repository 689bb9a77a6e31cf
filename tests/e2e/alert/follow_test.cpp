// `harmonia alert` as it is run: following, stopped, two at once, with a dead man's switch, and
// with the variables of the original's program.
#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_server.hpp"

#include <csignal>
#include <set>

using namespace harmonia;
using namespace harmonia::test;

namespace {

/// An installation whose alerts go to an HTTP server.
class Site {
public:
    explicit Site(const std::string& yaml)
        : alerts(yaml), config_(directory_.write("config.yaml", "version: 1\nalerts:\n" + yaml)) {}

    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments,
                                std::map<std::string, std::string> environment = {}) const {
        std::vector<std::string> command{program("harmonia"), "--config", config_, "--json"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        environment.emplace("HARMONIA_DATABASE_DSN", alerts.database().dsn());
        return {command, environment, "", 0};
    }
    [[nodiscard]] Finished harmonia(const std::vector<std::string>& arguments,
                                    std::map<std::string, std::string> environment = {}) const {
        return test::run(launch(arguments, std::move(environment)));
    }
    [[nodiscard]] long long count(const std::string& sql) const {
        return alerts.database().count("SELECT count(*) FROM " + sql);
    }
    [[nodiscard]] std::vector<observe::AlertEvent> some(int from, int count) const {
        std::vector<observe::AlertEvent> events;
        for (int i = from; i < from + count; ++i)
            events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
        return events;
    }
    /// Sessions of other processes on its database.
    void wait_for_sessions(int wanted) const {
        wait_until(
            [&] {
                return count("pg_stat_activity WHERE datname = current_database()"
                             " AND pid <> pg_backend_pid()") >= wanted;
            },
            "the followers are there");
    }
    Alerts alerts;

private:
    TempDir directory_;
    std::string config_;
};

std::string to_hook(const HttpServer& server) {
    return "  channels: {hook: {type: webhook, url: \"" + server.url("/hook") +
           "\"}}\n  route: {group_by: [card], group_wait: 0s}\n";
}

std::vector<std::string> paths(const HttpServer& server) {
    std::vector<std::string> out;
    for (const auto& request : server.requests())
        out.push_back(request.path);
    return out;
}

} // namespace

TEST_CASE("a follower delivers alerts as they are raised, and stops cleanly on a signal") {
    HttpServer hook;
    const Site site(to_hook(hook));
    Running follower(site.launch({"alert", "--follow"}));
    site.wait_for_sessions(2);
    for (int i = 0; i < 5; ++i) {
        site.alerts.raise(site.some(i, 1));
        wait_until([&] { return hook.requests().size() == static_cast<std::size_t>(i) + 1; },
                   "the follower delivers it");
    }
    hook.answer_always({.hang_ms = 300}); // stopped while one is being sent
    site.alerts.raise(site.some(5, 1));
    wait_until([&] { return hook.requests().size() == 6; }, "one is on its way");
    follower.signal(SIGTERM);
    const auto finished = follower.wait();
    INFO(finished.err);
    CHECK(finished.exit == 128 + SIGTERM);
    CHECK(site.count("screening.delivery WHERE final = 'sent'") == 6);
    CHECK(site.count("screening.delivery WHERE lease_owner IS NOT NULL") == 0);
    CHECK(site.count("ops.job_run WHERE ended_at IS NULL") == 0);
}

TEST_CASE("two followers share the work, and nothing is delivered twice") {
    HttpServer hook;
    hook.answer_always({.hang_ms = 20});
    const Site site(to_hook(hook));
    const Running one(site.launch({"alert", "--follow"}));
    const Running other(site.launch({"alert", "--follow"}));
    site.wait_for_sessions(4);
    site.alerts.raise(site.some(0, 120));
    wait_until([&] { return site.count("screening.delivery WHERE final = 'sent'") == 120; },
               "all are delivered");
    std::set<std::string> keys;
    for (const auto& request : hook.requests())
        keys.insert(request.headers.at("idempotency-key"));
    CHECK(hook.requests().size() == 120);
    CHECK(keys.size() == 120);
    CHECK(site.count("(SELECT DISTINCT worker FROM screening.delivery_attempt) w") == 2);
    CHECK(site.count("screening.notification") == 120);
}

TEST_CASE("a dead man's switch is called at the start and the end, and changes nothing") {
    HttpServer hook, pings;
    const Site site(to_hook(hook));
    const std::vector<std::string> run{"alert", "--ping-url", pings.url("/p")};
    CHECK(site.harmonia(run).exit == 0);
    CHECK(paths(pings) == std::vector<std::string>{"/p/start", "/p"});

    hook.answer_always({.status = 410});
    site.alerts.raise(site.some(0, 1));
    CHECK(site.harmonia(run).exit == 3);
    CHECK(paths(pings).back() == "/p/fail");

    const std::size_t before = pings.requests().size();
    const auto refused = site.harmonia(run, {{"HARMONIA_ALERTS_FALLBACK", "nobody"}});
    CHECK(refused.exit == 78); // it never began
    CHECK(refused.err.find("unknown channel 'nobody'") != std::string::npos);
    CHECK(pings.requests().size() == before);

    pings.answer_always({.status = 500});
    CHECK(site.harmonia(run).exit == 0);
    CHECK(pings.requests().size() == before + 6); // three tries each
}

TEST_CASE("O-67 the original's SMTP_USE_TLS=False is no TLS, and to this machine only") {
    const MailServer mail({"--login", "alerts", "word"});
    const Site site("  mail_domain: example.com\n");
    std::map<std::string, std::string> original{
        {"SMTP_HOSTNAME", "127.0.0.1"},
        {"SMTP_PORT", std::to_string(mail.port())},
        {"SMTP_USERNAME", "alerts"},
        {"SMTP_PASSWORD", "word"},
        {"SMTP_USE_TLS", "False"},
        {"TRANSACTION_FRAUD_EMAIL_ALERT_FROM", "alerts@example.com"},
        {"TRANSACTION_FRAUD_EMAIL_ALERT_TO", "ops@example.com"},
        {"TRANSACTION_FRAUD_EMAIL_ALERT_SUBJECT", "Fraud alert"}};
    site.alerts.raise({declined(1, "a")});
    const auto sent = site.harmonia({"alert", "--flush"}, original);
    INFO(sent.err << sent.out);
    CHECK(sent.exit == 0);
    REQUIRE(mail.mails().size() == 1);
    CHECK(mail.mails()[0]["tls"] == false);
    CHECK(mail.mails()[0]["user"] == "alerts");
    CHECK(header(mail.mails()[0], "Subject") == "Subject: Fraud alert\r");

    original["SMTP_HOSTNAME"] = "mail.example.com";
    const auto refused = site.harmonia({"alert", "--flush"}, original);
    CHECK(refused.exit == 78);
    CHECK(refused.err.find("this machine only, not for 'mail.example.com'") != std::string::npos);
    original["SMTP_HOSTNAME"] = "127.0.0.1";
    original["SMTP_USE_TLS"] = "True"; // and this server speaks none
    site.alerts.raise({declined(2, "b")});
    site.alerts.age("10 min");
    CHECK(site.harmonia({"alert", "--flush"}, original).exit == 0);
    CHECK(mail.mails().size() == 1);
}
