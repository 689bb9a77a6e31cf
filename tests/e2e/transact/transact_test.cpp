// `serve --api transact` as the clients of the 2018 orders service use it; this test decides by
// SQL, as `screen` would.
#include "tests/e2e/transact/service.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace harmonia::test;

namespace {

/// Decides held payments and notifies, until it is destroyed.
class Judge {
public:
    Judge(const TempDatabase& database, const char* verdict)
        : thread_([this, &database, verdict] {
              while (!stop_) {
                  database.execute(
                      fmt::format("UPDATE harmonia.payment_transaction SET screen = '{}' "
                                  "WHERE screen = 'HELD'; NOTIFY harmonia_verdict",
                                  verdict));
                  std::this_thread::sleep_for(std::chrono::milliseconds(20));
              }
          }) {}
    ~Judge() {
        stop_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

} // namespace

TEST_CASE("the two requests of the original's readme are taken, and approved") {
    Service service;
    const Judge judge(service.till.database(), "APPROVED");
    for (const std::string& body : {readme_body("1234567887654321", "amazonpay", "wallet"),
                                    readme_body("8765432112345678", "icicidebit", "debit")}) {
        const std::string answer = service.post("/transact", body);
        CAPTURE(answer);
        REQUIRE(status_of(answer) == 200);
        const auto json = json_of(answer);
        CHECK(json["message"] == "Transaction Successfull");
        CHECK(json["transactionID"].is_number_integer());
    }
    CHECK(service.till.database().text(
              "SELECT string_agg(concat_ws(' ', spend_amount, method, method_type), ', ' "
              "ORDER BY p.id) FROM harmonia.payment_transaction p "
              "JOIN screening.fact f ON f.payment_id = p.id") ==
          "12300 amazonpay wallet, 12300 icici-debit debit");
    CHECK(service.till.dump().find("1234567887654321") == std::string::npos);
    CHECK(service.till.database().count("SELECT count(*) FROM ops.import_batch "
                                        "WHERE state = 'loaded' AND close_seq IS NOT NULL") == 2);
}

TEST_CASE("declined is 200 with the original's status, undecided 202, repeated the stored answer") {
    Service service;
    const std::string body = readme_body("4111111111111111", "icicidebit", "debit");
    const std::string key = "Idempotency-Key: order-7\r\n";
    const std::string waiting = service.post("/transact", body, key);
    CHECK(status_of(waiting) == 202);
    CHECK(json_of(waiting)["transactionStatus"]["code"] == 11);
    const auto number = json_of(waiting)["transactionID"];

    const Judge judge(service.till.database(), "DECLINED");
    const std::string declined = service.post("/transact", body, key);
    CHECK(status_of(declined) == 200);
    CHECK(
        json_of(declined)["transactionStatus"] ==
        nlohmann::json{{"code", 12}, {"status", "TRANSACTION_FRAUDULENT"}, {"fraudStatus", true}});
    CHECK(json_of(declined)["transactionID"] == number);
    CHECK(service.till.database().count("SELECT count(*) FROM harmonia.payment_transaction") == 1);

    // The same key for another order is an error of the client.
    const std::string other =
        service.post("/transact", readme_body("4111111111111111", "icicidebit", "credit"), key);
    CHECK(status_of(other) == 400);
    // The number in the answer identifies the payment as well.
    std::string named = body;
    named.insert(named.find("\"order\""), fmt::format("\"transactionID\": {}, ", number.dump()));
    const std::string again = service.post("/transact", named);
    CHECK(status_of(again) == 400); // another content under a known number
}

TEST_CASE("malformed requests are answered with 400 and kept as rejects") {
    Service service;
    for (const char* body : {"{}", "null", "7", "not json", R"({"order":{},"payment":{}})"}) {
        const std::string answer = service.post("/transact", body);
        CAPTURE(body, answer);
        CHECK(status_of(answer) == 400);
        CHECK(json_of(answer)["message"] == "Bad Request");
    }
    const std::string bad =
        service.post("/transact", readme_body("41111111111111", "card", "credit"));
    CHECK(status_of(bad) == 202); // its card check is lenient
    const std::string short_card = service.post("/transact", readme_body("411", "card", "credit"));
    CHECK(status_of(short_card) == 400);
    CHECK(service.till.database().text(
              "SELECT string_agg(code, ' ' ORDER BY code) FROM ops.reject") ==
          "V-CARD-LEN V-JSON V-JSON V-JSON V-REQ V-REQ");
}

TEST_CASE("the fraud service's route answers as its 2018 callers expect") {
    Service service;
    const std::string path = "/service/fraudpolice/api/v1/transaction/";
    const auto request = [](int id) {
        return fmt::format(R"({{"transactionID":{},"userID":77,"paymentMethod":"amazonpay",)"
                           R"("payment":{{"card":4111111111111111,"type":"wallet","amount":5.00,)"
                           R"("currency":"INR"}},"order":{{"id":1,"cost":5.00,"currency":"INR"}},)"
                           R"("status":11,"fraudStatus":false}})",
                           id);
    };
    {
        const Judge judge(service.till.database(), "DECLINED");
        const std::string fraud = service.post(path, request(1001));
        CHECK(status_of(fraud) == 200);
        CHECK(body_of(fraud) == R"({"code":200,"message":{"isFraud":true}})");
    }
    {
        const Judge judge(service.till.database(), "APPROVED");
        CHECK(body_of(service.post(path, request(1002))) ==
              R"({"code":200,"message":{"isFraud":false}})");
        CHECK(body_of(service.post(path, request(1001))) ==
              R"({"code":200,"message":{"isFraud":true}})");
    }
    CHECK(status_of(service.post(path, request(1003))) == 202);
    CHECK(body_of(service.post(path, request(0))) == R"({"code":400,"message":{"isFraud":false}})");
    CHECK(service.till.database().text("SELECT DISTINCT customer FROM screening.fact") == "77");
    CHECK(body_of(RawClient(service.port).ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) ==
          R"({"message":"This is the Index Page","success":true})");
}

TEST_CASE("concurrent requests share commits") {
    Service service;
    const Judge judge(service.till.database(), "APPROVED");
    constexpr int k_clients = 40;
    std::vector<std::thread> clients;
    std::atomic<int> good{0};
    for (int i = 0; i < k_clients; ++i)
        clients.emplace_back([&, i] {
            const std::string answer =
                service.post("/transact", readme_body("4111111111111111", "amazonpay", "wallet"),
                             fmt::format("Idempotency-Key: k{}\r\n", i));
            good += status_of(answer) == 200 ? 1 : 0;
        });
    for (std::thread& client : clients)
        client.join();
    CHECK(good == k_clients);
    CHECK(service.till.database().count("SELECT count(*) FROM screening.fact") == k_clients);
    CHECK(service.till.database().count("SELECT count(*) FROM ops.import_batch") <= k_clients);
    service.server->signal(SIGTERM);
    CHECK(service.server->wait().exit == 143);
}
