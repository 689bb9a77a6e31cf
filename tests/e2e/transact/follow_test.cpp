// `serve --api transact`, `screen --follow` and the shipped rule set: what a client of the 2018
// services sees, even if one of the programs is killed in between.
#include "tests/e2e/transact/service.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source.hpp"

#include <chrono>
#include <fstream>
#include <thread>

using namespace harmonia::test;

namespace {

constexpr const char* k_card = "1234567887654321";
constexpr const char* k_other_card = "8765432112345678";
constexpr const char* k_stopped_card = "4111111111111111"; // on the stop list
constexpr const char* k_fraud_path = "/service/fraudpolice/api/v1/transaction/";
constexpr int k_killed = 128 + SIGKILL;

/// Both programs with the shipped rules.
class Shop : public Service {
public:
    Shop() {
        const std::string rules = (source_root() / "scripts/screening/cards.yaml").string();
        run_command({"screen", "lists", "add", "stop_cards", "--key", "card"}, k_stopped_card);
        run_command({"screen", "lists", "add", "vip", "c17", "--key", "customer"});
        run_command({"screen", "rules", "submit", rules, "--by", "alice"});
        run_command({"screen", "rules", "approve", "cards@1", "--by", "bob"});
        run_command({"screen", "rules", "activate", "cards@1"});
    }
    void run_command(const std::vector<std::string>& arguments,
                     const std::string& input = {}) const {
        Launch launch = till.launch(arguments);
        launch.input = input;
        const Finished finished = harmonia::test::run(launch);
        INFO(finished.out << finished.err);
        REQUIRE(finished.exit == 0);
    }
    void start_screen(const std::map<std::string, std::string>& environment = {}) {
        screen.reset();
        screen.emplace(till.launch({"screen", "--follow"}, environment));
    }
    /// The environment in which a program is killed at a failpoint.
    [[nodiscard]] std::map<std::string, std::string> dying(const std::string& rule) const {
        const auto file = till.directory() / "failpoints/rules";
        std::ofstream(file) << rule << " kill\n";
        return {{"HARMONIA_FAILPOINT_FILE", file.string()}};
    }
    /// Repeats the request until it is decided, for at most half a minute.
    [[nodiscard]] std::string decided(const std::string& path, const std::string& body,
                                      const std::string& header = {}) const {
        std::string answer = post(path, body, header);
        const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (status_of(answer) == 202 && std::chrono::steady_clock::now() < last)
            answer = post(path, body, header);
        INFO(answer);
        REQUIRE(status_of(answer) == 200);
        return answer;
    }
    [[nodiscard]] long long count(const std::string& sql) const {
        return till.database().count("SELECT count(*) FROM " + sql);
    }

    std::optional<Running> screen;
};

std::string key(const std::string& value) {
    return "Idempotency-Key: " + value + "\r\n";
}

/// The command of the original's readme, with this service's address.
Finished curl(const Shop& shop, const std::string& body) {
    Launch launch;
    launch.command = {"curl",
                      "-s",
                      "-X",
                      "POST",
                      fmt::format("http://127.0.0.1:{}/transact", shop.port),
                      "-H",
                      "content-type: application/json",
                      "-w",
                      "\n%{http_code}",
                      "-d",
                      body};
    return run(launch);
}

} // namespace

TEST_CASE("the curl commands of the original's readme, decided by screen and the shipped rules") {
    Shop shop;
    shop.start_screen();
    for (const std::string& body : {readme_body(k_card, "amazonpay", "wallet"),
                                    readme_body(k_other_card, "icicidebit", "debit")}) {
        Finished said = curl(shop, body);
        // On a busy machine a request may not be decided within its second: the answer is then 202.
        for (int i = 0; i < 30 && said.out.ends_with("\n202"); ++i)
            said = curl(shop, body);
        INFO(said.out);
        REQUIRE(said.out.ends_with("\n200"));
        const auto json = nlohmann::json::parse(said.out.substr(0, said.out.size() - 4));
        CHECK(json.size() == 2);
        CHECK(json["message"] == "Transaction Successfull");
        CHECK(json["transactionID"].is_number_integer());
    }
    const std::string declined =
        shop.decided("/transact", readme_body(k_stopped_card, "icicidebit", "debit"), key("stop"));
    CHECK(
        json_of(declined)["transactionStatus"] ==
        nlohmann::json{{"code", 12}, {"status", "TRANSACTION_FRAUDULENT"}, {"fraudStatus", true}});
    CHECK(shop.till.database().text("SELECT DISTINCT decided_by FROM screening.verdict v JOIN "
                                    "harmonia.payment_transaction p ON p.id = v.payment_id "
                                    "WHERE p.screen = 'DECLINED'") == "rule B-STOPLIST");

    const auto ask_police = [&](int id, const char* card) {
        return body_of(shop.decided(
            k_fraud_path,
            fmt::format(R"({{"transactionID":{},"userID":77,"paymentMethod":"amazonpay",)"
                        R"("payment":{{"card":{},"type":"wallet","amount":5.00,)"
                        R"("currency":"INR"}},"order":{{"id":1,"cost":5.00,"currency":"INR"}}}})",
                        id, card)));
    };
    CHECK(ask_police(1001, k_card) == R"({"code":200,"message":{"isFraud":false}})");
    CHECK(ask_police(1002, k_stopped_card) == R"({"code":200,"message":{"isFraud":true}})");

    shop.screen->signal(SIGTERM);
    CHECK(shop.screen->wait().exit == 128 + SIGTERM);
    const std::string dump = shop.till.dump();
    for (const char* card : {k_card, k_other_card, k_stopped_card})
        CHECK(dump.find(card) == std::string::npos);
}

TEST_CASE("an Idempotency-Key has one answer, also after both services were killed") {
    Shop shop;
    const std::string good = readme_body(k_card, "amazonpay", "wallet");
    const std::string stopped = readme_body(k_stopped_card, "icicidebit", "debit");
    const std::string waiting = shop.post("/transact", good, key("a"));
    CHECK(status_of(waiting) == 202);
    CHECK(json_of(waiting)["transactionStatus"]["code"] == 11);

    shop.start_screen();
    const std::string approved = body_of(shop.decided("/transact", good, key("a")));
    CHECK(nlohmann::json::parse(approved)["transactionID"] == json_of(waiting)["transactionID"]);
    const std::string declined = body_of(shop.decided("/transact", stopped, key("b")));

    shop.screen->signal(SIGKILL);
    CHECK(shop.screen->wait().exit == k_killed);
    shop.server->signal(SIGKILL);
    CHECK(shop.server->wait().exit == k_killed);
    shop.start();
    for (int i = 0; i < 2; ++i) { // without screen, then with it: nothing is decided again
        CHECK(body_of(shop.post("/transact", good, key("a"))) == approved);
        CHECK(body_of(shop.post("/transact", stopped, key("b"))) == declined);
        shop.start_screen();
    }
    CHECK(shop.count("screening.verdict") == 2);
    CHECK(shop.count("harmonia.payment_transaction") == 2);
}

TEST_CASE("killed at a commit, screen leaves a request undecided until it runs again") {
    const std::string rule =
        GENERATE(as<std::string>{}, "screen_open_commit:after", "screen_chunk_commit:before",
                 "screen_chunk_commit:after", "screen_close_commit:before");
    INFO(rule);
    Shop shop;
    shop.start_screen(shop.dying(rule));
    const std::string body = readme_body(k_card, "amazonpay", "wallet");
    const std::string first = shop.post("/transact", body, key("a"));
    INFO(first);
    CHECK((status_of(first) == 202 || status_of(first) == 200));
    CHECK(shop.screen->wait().exit == k_killed);
    if (!rule.starts_with("screen_chunk_commit:after") && !rule.starts_with("screen_close"))
        CHECK(status_of(shop.post("/transact", body, key("a"))) == 202);

    shop.start_screen();
    const std::string answer = shop.decided("/transact", body, key("a"));
    CHECK(json_of(answer)["message"] == "Transaction Successfull");
    CHECK(json_of(answer)["transactionID"] == json_of(first)["transactionID"]);
    CHECK(shop.count("screening.verdict") == 1);
    CHECK(shop.count("screening.state_log") == 1);
    // Nothing stays locked: the next request is decided as well.
    static_cast<void>(
        shop.decided("/transact", readme_body(k_other_card, "icicidebit", "debit"), key("b")));
    shop.run_command({"audit", "screening"});
}

TEST_CASE("killed at its commit, serve answers the repeated request as if it were the first") {
    const std::string rule =
        GENERATE(as<std::string>{}, "import_queue_commit:before", "import_queue_commit:after");
    INFO(rule);
    Shop shop;
    shop.start_screen();
    shop.server.reset();
    shop.start(shop.dying(rule));
    const std::string body = readme_body(k_stopped_card, "icicidebit", "debit");
    CHECK(shop.post("/transact", body, key("a")).empty());
    CHECK(shop.server->wait().exit == k_killed);
    CHECK(shop.count("harmonia.payment_transaction") == (rule.ends_with("after") ? 1 : 0));

    shop.start();
    const std::string answer = shop.decided("/transact", body, key("a"));
    CHECK(json_of(answer)["transactionStatus"]["code"] == 12);
    CHECK(shop.count("harmonia.payment_transaction") == 1);
    CHECK(shop.count("screening.verdict") == 1);
    CHECK(shop.count("ops.import_batch WHERE state = 'open'") == 0);
    shop.run_command({"audit", "screening"});
}
