// The client of other realms' fetch APIs, against servers that answer, fail, hang and disconnect.
#include "core/base/log.hpp"
#include "core/net/http_server.hpp"
#include "jobs/settle/accounts/fetch/client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <set>
#include <thread>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using smp::AccountKey;
using Reaches = std::vector<Reach>;

namespace {

smp::Realm realm(const char* text) {
    return *smp::Realm::parse(text);
}

FetchSettings asking(const test::HttpServer& server) {
    FetchSettings settings;
    settings.shards = {{realm("#"), base_of(server.url())}};
    settings.timeout = std::chrono::milliseconds(2'000);
    settings.connections = 8; // the test server has 16 threads and a short backlog
    return settings;
}

/// A port where no server listens.
FetchSettings asking_nobody() {
    FetchSettings settings;
    settings.shards = {{realm("#"), "http://127.0.0.1:1"}};
    return settings;
}

std::vector<std::string> paths(const test::HttpServer& server) {
    std::vector<std::string> out;
    for (const auto& request : server.requests())
        out.push_back(request.method + " " + request.path);
    return out;
}

/// What this process logs while it lives.
class LogLines {
public:
    LogLines() : kept_(::dup(2)) {
        log::configure("info", "logfmt", false);
        const std::string path = dir_.write("log", "");
        const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        ::dup2(file, 2);
        ::close(file);
    }
    ~LogLines() {
        ::dup2(kept_, 2);
        ::close(kept_);
    }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;
    [[nodiscard]] std::string text() const { return test::file_text(dir_.path() + "/log"); }
    [[nodiscard]] long count() const {
        const std::string all = text();
        return std::count(all.begin(), all.end(), '\n');
    }

private:
    test::TempDir dir_;
    int kept_;
};

} // namespace

TEST_CASE("A-98 a fetch API that is down does not make an account unreachable") {
    FetchClient client(asking_nobody());
    const LogLines log;
    const std::vector<AccountKey> accounts{{-1, 1}, {-1, 0}, {-1, 2}};
    REQUIRE(client.recipients(accounts) == Reaches{Reach::unknown, Reach::yes, Reach::unknown});
    REQUIRE(log.count() == 1);
    REQUIRE(log.text().find("failed=2") != std::string::npos);
}

TEST_CASE("A-98 a cached root configuration needs no fetch API") {
    time::ManualClock clock(1'000);
    auto server = std::make_unique<test::HttpServer>();
    FetchClient client(asking(*server), clock);
    server->answer_next({200, R"({"rate": 3.5, "limit": 7})"});
    const std::vector<std::int64_t> first{-1}, both{-1, 5};
    REQUIRE(client.root_configs(first).front().config.rate == 3.5F);
    REQUIRE(paths(*server) ==
            std::vector<std::string>{"GET /accounts/18446744073709551615/0/config"});
    server.reset();
    const LogLines log;
    const auto remembered = client.root_configs(first);
    REQUIRE(remembered.front().found == Reach::yes);
    REQUIRE(remembered.front().config.limit == 7);
    REQUIRE(log.count() == 0);
    REQUIRE(client.root_configs(both).back().found == Reach::unknown);
    REQUIRE(log.count() == 1);
    clock.advance(FetchCache::k_age_us);
    REQUIRE(client.root_configs(first).front().found == Reach::unknown);
}

TEST_CASE("what each status means for a recipient") {
    const test::HttpServer server;
    const std::vector<AccountKey> account{{1, 2}};
    const auto answered = [&](int status) {
        const_cast<test::HttpServer&>(server).answer_always({status, ""});
        FetchClient client(asking(server));
        const LogLines log;
        const Reach reach = client.recipients(account).front();
        REQUIRE(log.count() == (reach == Reach::unknown ? 1 : 0));
        return reach;
    };
    REQUIRE(answered(204) == Reach::yes);
    for (const int no : {404, 200, 202, 301, 304})
        REQUIRE(answered(no) == Reach::no);
    for (const int unknown : {400, 401, 403, 405, 410, 429, 500, 502, 503})
        REQUIRE(answered(unknown) == Reach::unknown);
}

TEST_CASE("what each answer means for a root configuration") {
    test::HttpServer server;
    const std::vector<std::int64_t> debtor{1};
    const auto found = [&](const test::HttpAnswer& answer) {
        server.answer_always(answer);
        FetchClient client(asking(server));
        const Reach reach = client.root_configs(debtor).front().found;
        const auto asked = server.requests().size();
        static_cast<void>(client.root_configs(debtor));
        const bool remembered = server.requests().size() == asked;
        return std::pair(reach, remembered);
    };
    REQUIRE(found({200, ""}) == std::pair(Reach::yes, true));
    REQUIRE(found({404, ""}) == std::pair(Reach::no, true));
    REQUIRE(found({200, "not JSON"}) == std::pair(Reach::no, false));
    // Not cached. The circuit breaker of the shard is open, so it is not asked again at once.
    for (const int status : {204, 301, 403, 500, 503})
        REQUIRE(found({status, ""}).first == Reach::unknown);
    REQUIRE(found({.status = 200, .body = "{}", .cut = true}).first == Reach::unknown);
    REQUIRE(found({200, std::string(100'000, ' ')}).first == Reach::unknown);
}

TEST_CASE("a question is asked once per call and answered at each of its positions") {
    const net::HttpServer server(
        {.name = "test", .log_requests = false},
        {{"GET", "/accounts/{debtor}/{creditor}/reachable", [](const net::Request& request) {
              return net::Response{.status = request.segment("creditor") == "7" ? 204 : 404};
          }}});
    FetchSettings settings;
    settings.shards = {{realm("#"), fmt::format("http://127.0.0.1:{}", server.port())}};
    settings.connections = 10;
    FetchClient client(settings);
    std::vector<AccountKey> accounts;
    Reaches expected;
    for (int i = 0; i < 500; ++i) {
        accounts.push_back({i / 20, i % 10});
        expected.push_back(i % 10 == 7 || i % 10 == 0 ? Reach::yes : Reach::no);
    }
    REQUIRE(client.recipients(accounts) == expected);

    test::HttpServer counting;
    counting.answer_always({204, ""});
    FetchClient other(asking(counting));
    REQUIRE(other.recipients(accounts) == Reaches(500, Reach::yes));
    const auto asked = paths(counting);
    REQUIRE(asked.size() == 25 * 9);
    REQUIRE(std::set<std::string>(asked.begin(), asked.end()).size() == asked.size());
    REQUIRE(counting.requests().front().headers.count("content-length") == 0);
    REQUIRE(other.recipients({}).empty());
}

TEST_CASE("questions are asked at the same time, within the limit") {
    test::HttpServer server;
    server.answer_always({.status = 204, .body = "", .hang_ms = 50});
    FetchSettings settings = asking(server);
    settings.connections = 8;
    FetchClient client(settings);
    std::vector<AccountKey> accounts;
    for (int i = 1; i <= 32; ++i)
        accounts.push_back({1, i});
    REQUIRE(client.recipients(accounts) == Reaches(32, Reach::yes));
    REQUIRE(server.most_at_once() > 1);
    REQUIRE(server.most_at_once() <= 8);
}

TEST_CASE("two shards are asked about their own accounts") {
    test::HttpServer zero, one;
    zero.answer_always({204, ""});
    one.answer_always({404, ""});
    FetchSettings settings = asking(zero);
    settings.shards = {{realm("0.#"), base_of(zero.url())}, {realm("1.#"), base_of(one.url())}};
    FetchClient client(settings);
    const std::vector<AccountKey> accounts{{123, 456}, {2, 1}, {-1, 1234}, {-1, 1}};
    REQUIRE(client.recipients(accounts) == Reaches{Reach::yes, Reach::no, Reach::yes, Reach::no});
    REQUIRE(paths(zero).size() == 2);
    REQUIRE(paths(one).size() == 2);
}

TEST_CASE("an account of a realm without a fetch API is unknown, not unreachable") {
    test::HttpServer zero;
    zero.answer_always({204, ""});
    FetchSettings settings = asking(zero);
    settings.shards.front().realm = realm("0.#");
    FetchClient client(settings);
    const LogLines log;
    const std::vector<AccountKey> accounts{{2, 1}, {123, 456}, {2, 0}};
    REQUIRE(client.recipients(accounts) == Reaches{Reach::unknown, Reach::yes, Reach::yes});
    REQUIRE(log.count() == 1);
    REQUIRE(paths(zero).size() == 1);
}

TEST_CASE("a short failure is retried") {
    test::HttpServer server;
    server.answer_next({500, ""});
    server.answer_next({.status = 200, .body = "", .cut = true});
    server.answer_always({204, ""});
    FetchClient client(asking(server));
    const LogLines log;
    const std::vector<AccountKey> account{{1, 2}};
    REQUIRE(client.recipients(account).front() == Reach::yes);
    REQUIRE(server.requests().size() == 3);
    REQUIRE(log.count() == 0);
    server.answer_always({500, ""});
    const std::vector<AccountKey> another{{1, 3}};
    REQUIRE(client.recipients(another).front() == Reach::unknown);
    REQUIRE(server.requests().size() == 3 + FetchClient::k_tries);
}

TEST_CASE("a shard that hangs costs its time-out once and no answers of others") {
    time::ManualClock clock(1'000);
    test::HttpServer slow, quick;
    slow.answer_always({.status = 204, .body = "", .hang_ms = 600'000});
    quick.answer_always({204, ""});
    FetchSettings settings = asking(slow);
    settings.timeout = std::chrono::milliseconds(300);
    settings.connections = 4;
    settings.shards = {{realm("0.#"), base_of(slow.url())}, {realm("1.#"), base_of(quick.url())}};
    FetchClient client(settings, clock);
    std::vector<AccountKey> accounts;
    Reaches expected;
    for (int i = 1; i <= 60; ++i) {
        accounts.push_back({9, i});
        expected.push_back(realm("0.#").owns(accounts.back()) ? Reach::unknown : Reach::yes);
    }
    REQUIRE(client.recipients(accounts) == expected);
    const auto asked = slow.requests().size();
    REQUIRE(asked <= 4); // one block, which timed out
    REQUIRE(client.recipients(accounts) == expected);
    REQUIRE(slow.requests().size() == asked); // its circuit breaker is open
    clock.advance(FetchClient::k_breaker_us);
    REQUIRE(client.recipients(accounts) == expected);
    REQUIRE(slow.requests().size() > asked);
}

TEST_CASE("threads share one client") {
    test::HttpServer server;
    server.answer_always({204, ""});
    FetchClient client(asking(server));
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 5; ++i) {
                const std::vector<AccountKey> accounts{{t, 1}, {t, 2}, {i, 3}};
                if (client.recipients(accounts) == Reaches(3, Reach::yes))
                    ++good;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    REQUIRE(good == 20);
}
