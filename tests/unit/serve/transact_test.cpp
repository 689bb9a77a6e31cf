#include "jobs/serve/decide_transact.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace harmonia;
using namespace harmonia::serve;

TEST_CASE("the bodies of the 2018 orders service for each state") {
    for (const Screened state : {Screened::approved, Screened::review, Screened::none}) {
        const auto answer = transact_answer(state, "7");
        CHECK(answer.status == 200);
        CHECK(answer.body == R"({"message":"Transaction Successfull","transactionID":7})");
    }
    const auto declined = transact_answer(Screened::declined, "7");
    CHECK(declined.status == 200);
    CHECK(
        nlohmann::json::parse(declined.body)["transactionStatus"] ==
        nlohmann::json{{"code", 12}, {"status", "TRANSACTION_FRAUDULENT"}, {"fraudStatus", true}});
    const auto cancelled = transact_answer(Screened::voided, "7");
    CHECK(cancelled.status == 200);
    CHECK(nlohmann::json::parse(cancelled.body)["transactionStatus"] ==
          nlohmann::json{
              {"code", 17}, {"status", "TRANSACTION_PAYMENT_ERROR"}, {"fraudStatus", false}});
    CHECK(screened_of("VOID") == Screened::voided);
    const auto held = transact_answer(Screened::held, "7");
    CHECK(held.status == 202);
    CHECK(nlohmann::json::parse(held.body)["transactionStatus"]["code"] == 11);
    const auto refused = transact_refusal({"V-REQ", "order", "V-REQ order: \"4111111111111111\""});
    CHECK(refused.status == 400);
    CHECK(nlohmann::json::parse(refused.body)["faults"] == "V-REQ order: \"************1111\"");
}

TEST_CASE("isFraud is true exactly when declined") {
    CHECK(fraud_answer(Screened::declined).body == R"({"code":200,"message":{"isFraud":true}})");
    CHECK(fraud_answer(Screened::review).body == R"({"code":200,"message":{"isFraud":false}})");
    CHECK(fraud_answer(Screened::voided).body == R"({"code":200,"message":{"isFraud":false}})");
    CHECK(fraud_answer(Screened::held).status == 202);
    CHECK(fraud_refusal().status == 400);
}

TEST_CASE("a transaction id is answered as a number") {
    CHECK(transaction_number("1526912345678", 3) == "1526912345678");
    CHECK(transaction_number("order-7", 3) == "3");
    CHECK(transaction_number("007", 3) == "3");
    CHECK(transaction_number("", 3) == "3");
    CHECK(transaction_number("99999999999999999999", 3) == "3");
    CHECK(id_of_key("a") == id_of_key("a"));
    CHECK(id_of_key("a") != id_of_key("b"));
    CHECK(id_of_key("a").size() <= 18);
    CHECK(random_id() != random_id());
    CHECK(transaction_number(id_of_key("x"), 3) == id_of_key("x"));
    CHECK(screened_of("HELD") == Screened::held);
    CHECK_FALSE(screened_of("VOIDED"));
}
