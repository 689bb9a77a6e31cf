// The fetch API over real sockets, from a real database.
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/net/http_client.hpp"
#include "jobs/serve/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/raw_http.hpp"

#include <fmt/format.h>

using namespace harmonia;
using harmonia::test::body_of;
using harmonia::test::has_line;
using harmonia::test::RawClient;
using harmonia::test::status_of;
using harmonia::test::TempDatabase;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// One database for all cases: each has debtors of its own.
const TempDatabase& database() {
    static const TempDatabase made;
    return made;
}

void add_account(long long debtor, long long creditor, const std::string& config_data = "",
                 int status_flags = 0, int config_flags = 0) {
    database().execute(fmt::format(
        "INSERT INTO accounts.account (debtor_id, creditor_id, creation_date, last_change_ts,"
        " last_heartbeat_ts, last_transfer_id, config_data, status_flags, config_flags)"
        " VALUES ({}, {}, '2026-01-01', now(), now(), 0, '{}', {}, {})",
        debtor, creditor, config_data, status_flags, config_flags));
}

db::Settings named(const std::string& application_name) {
    db::Settings settings = database().settings();
    settings.application_name = application_name;
    return settings;
}

config::Value tree(const Variables& variables) {
    config::Layers layers;
    layers.environment = variables;
    layers.environment.emplace_back("HARMONIA_SERVE_FETCH_LISTEN", "127.0.0.1:0");
    layers.environment.emplace_back("HARMONIA_SERVE_FETCH_LOG_REQUESTS", "false");
    return config::load(layers);
}

class Api {
public:
    explicit Api(const Variables& variables = {},
                 const db::Settings& settings = database().settings())
        : serving_({serve::chosen({"fetch"}), tree(variables), [=](const std::string& role) {
                        REQUIRE(role == "accounts");
                        return settings;
                    }}) {}

    [[nodiscard]] std::string ask(const std::string& method, const std::string& path) const {
        return RawClient(port()).ask(
            fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n\r\n", method, path));
    }
    [[nodiscard]] std::string get(const std::string& path) const { return ask("GET", path); }
    [[nodiscard]] int port() const { return serving_.port("fetch"); }

private:
    serve::Serving serving_;
};

} // namespace

TEST_CASE("A-96 reachable: 204 for what can be paid, 404 for what cannot, 405 for what is no GET") {
    add_account(-1, 1);
    add_account(-1, 2, "", 1);
    add_account(-1, 3, "", 0, 1);
    add_account(-1, -1, "", 2); // overflown, which keeps nobody from being paid
    const Api api;
    const std::string yes = api.get("/accounts/18446744073709551615/1/reachable");
    REQUIRE(status_of(yes) == 204);
    REQUIRE(body_of(yes).empty());
    REQUIRE(has_line(yes, "Content-Type: text/plain; charset=utf-8"));
    REQUIRE(has_line(yes, "Cache-Control: max-age=86400"));
    REQUIRE(status_of(api.get("/accounts/18446744073709551615/18446744073709551615/reachable")) ==
            204);
    for (const char* no :
         {"18446744073709551615/2", "18446744073709551615/3", "77/1", "18446744073709551615/4",
          "01/2", "18446744073709551616/1", "1/18446744073709551616", "-1/1"}) {
        INFO(no);
        const std::string answer = api.get(fmt::format("/accounts/{}/reachable", no));
        REQUIRE(status_of(answer) == 404);
        REQUIRE(body_of(answer).empty());
    }
    REQUIRE(status_of(api.get("/accounts/77/0/reachable")) == 204);
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        const std::string answer = api.ask(method, "/accounts/18446744073709551615/1/reachable");
        REQUIRE(status_of(answer) == 405);
        REQUIRE(has_line(answer, "Allow: GET, HEAD, OPTIONS"));
    }
    REQUIRE(status_of(api.ask("HEAD", "/accounts/18446744073709551615/1/reachable")) == 204);
    REQUIRE(status_of(api.ask("OPTIONS", "/accounts/18446744073709551615/1/reachable")) == 200);
}

TEST_CASE("A-97 config: the text as it was given") {
    add_account(-97, 1);
    add_account(-97, 0, R"({"rate": 1.0})");
    add_account(-97, 2, "\xD1\x8F", 1);
    const Api api;
    const std::string debtor = "18446744073709551519"; // -97
    const std::string empty = api.get("/accounts/" + debtor + "/1/config");
    REQUIRE(status_of(empty) == 200);
    REQUIRE(has_line(empty, "Content-Length: 0"));
    REQUIRE(body_of(empty).empty());
    REQUIRE(body_of(api.get("/accounts/" + debtor + "/0/config")) == R"({"rate": 1.0})");
    REQUIRE(body_of(api.get("/accounts/" + debtor + "/2/config")) == "\xD1\x8F");
    const std::string head = api.ask("HEAD", "/accounts/" + debtor + "/0/config");
    REQUIRE(status_of(head) == 200);
    REQUIRE(has_line(head, "Content-Length: 13"));
    REQUIRE(body_of(head).empty());
    const std::string none = api.get("/accounts/" + debtor + "/3/config");
    REQUIRE(status_of(none) == 404);
    REQUIRE(body_of(none).empty());
    REQUIRE(has_line(none, "Cache-Control: max-age=0"));
    const Api original(Variables{{"HARMONIA_ACCOUNTS_FETCH_REFERENCE_CACHE", "true"}});
    REQUIRE(has_line(original.get("/accounts/" + debtor + "/3/config"),
                     "Cache-Control: max-age=86400"));
}

TEST_CASE("A-8 a root account that was refused its configuration has none to fetch") {
    const Api api;
    REQUIRE(status_of(api.get("/accounts/8/0/config")) == 404);
    REQUIRE(status_of(api.get("/accounts/8/0/reachable")) == 204);
}

TEST_CASE("accounts of another shard are nobody's to ask for here") {
    add_account(123, 456); // 0.#
    add_account(1, 2);     // 1.#
    const Api api(Variables{{"HARMONIA_ACCOUNTS_REALM", "0.#"}});
    REQUIRE(status_of(api.get("/accounts/123/456/reachable")) == 204);
    REQUIRE(status_of(api.get("/accounts/1/2/reachable")) == 500);
    REQUIRE(status_of(api.get("/accounts/1/2/config")) == 500);
    REQUIRE(status_of(api.get("/accounts/01/2/config")) == 404);
}

TEST_CASE("health needs no database") {
    db::Settings nowhere = database().settings();
    nowhere.dsn = "host=127.0.0.1 port=1 dbname=none";
    const Api api({}, nowhere);
    const std::string healthy = api.get("/accounts/healthz");
    REQUIRE(status_of(healthy) == 200);
    REQUIRE(body_of(healthy) == "I am healthy");
    REQUIRE(has_line(healthy, "Content-Type: text/plain"));
    REQUIRE(healthy.find("Cache-Control") == std::string::npos);
    REQUIRE(status_of(api.get("/accounts/1/2/reachable")) == 503);
    REQUIRE(status_of(api.get("/accounts/1/0/reachable")) == 204);
}

TEST_CASE("sessions that the server lost are replaced without a failed request") {
    add_account(500, 1);
    const Api api({}, named("lost"));
    const auto pid = [] {
        return database().count("SELECT coalesce(max(pid), 0) FROM pg_stat_activity"
                                " WHERE application_name = 'lost'");
    };
    REQUIRE(status_of(api.get("/accounts/500/1/reachable")) == 204);
    const long long before = pid();
    REQUIRE(before != 0);
    database().kill_backend(static_cast<int>(before));
    REQUIRE(status_of(api.get("/accounts/500/1/reachable")) == 204);
    REQUIRE(pid() != before);
}

TEST_CASE("a database that goes and comes back: 503 meanwhile") {
    add_account(550, 1);
    const TempDatabase other;
    db::Settings settings = database().settings();
    const Api api({}, settings);
    REQUIRE(status_of(api.get("/accounts/550/1/reachable")) == 204);
    const std::string name = database().name();
    other.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                  name + "'");
    const std::string down = api.get("/accounts/550/1/reachable");
    other.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
    REQUIRE(status_of(down) == 503);
    REQUIRE(body_of(down).empty());
    REQUIRE(down.find("Cache-Control") == std::string::npos);
    REQUIRE(status_of(api.get("/accounts/550/1/reachable")) == 204);
}

TEST_CASE("many ask at once, and a few sessions answer") {
    add_account(600, 1, "here");
    const Api api({}, named("many"));
    std::vector<net::HttpRequest> requests;
    for (int i = 0; i < 300; ++i)
        requests.push_back(
            {"GET",
             fmt::format("http://127.0.0.1:{}/accounts/600/{}/config", api.port(), i % 2),
             "",
             {}});
    net::HttpLimits limits;
    limits.in_flight = 50;
    const auto answers = net::HttpClient(limits).send_all(requests);
    for (std::size_t i = 0; i < answers.size(); ++i)
        REQUIRE(answers[i].status == (i % 2 == 0 ? 404 : 200));
    const long long sessions =
        database().count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'many'");
    REQUIRE(sessions >= 1);
    REQUIRE(sessions <= 3);
}

TEST_CASE("a listener is declared strictly") {
    for (const auto& [name, value] :
         Variables{{"HARMONIA_SERVE_FETCH_THREADS", "0"},
                   {"HARMONIA_ACCOUNTS_REALM", "2.#"},
                   {"HARMONIA_ACCOUNTS_FETCH_REFERENCE_CACHE", "perhaps"}}) {
        INFO(name);
        try {
            const Api api(Variables{{name, value}});
            FAIL("it was taken");
        } catch (const Error& error) {
            REQUIRE(error.exit() == Exit::config);
        }
    }
}
