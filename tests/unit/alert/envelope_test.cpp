#include "jobs/alert/bodies/envelope.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <numeric>
#include <string>

using namespace harmonia;
using alert::read_envelope;
using Json = nlohmann::json;

namespace {

constexpr std::int64_t k_now_us = 1'795'262'400'000'000;

/// Key K: the bytes 00 to 1f.
const card::CardKeys& key_k() {
    static const auto k_keys = [] {
        const test::TempDir directory;
        std::string bytes(32, '\0');
        std::iota(bytes.begin(), bytes.end(), '\0');
        card::CardSettings settings;
        settings.key_file = directory.write("card.key", bytes);
        ::chmod(settings.key_file.c_str(), 0400);
        return card::CardKeys::open(settings);
    }();
    return *k_keys;
}

const alert::EnvelopeContext k_context{key_k, k_now_us};

observe::AlertEvent take(const std::string& body) {
    const auto event = read_envelope(body, k_context);
    INFO(body << (event ? "" : " " + event.error().code + " " + event.error().detail));
    REQUIRE(event);
    return *event;
}

std::string problem(const std::string& body) {
    const auto event = read_envelope(body, k_context);
    INFO(body);
    REQUIRE(!event);
    return event.error().code + (event.error().field.empty() ? "" : " " + event.error().field);
}

Json ours() {
    return {{"v", 1},
            {"id", "2F0D7A2E-0f5e-5a2b-9f0e-0c1d2e3f4a5b"},
            {"kind", "fraud.verdict"},
            {"severity", "warning"},
            {"at", "2026-03-04T12:10:00.000001+02:00"},
            {"ends_at", nullptr},
            {"source", "harmonia@tills-1"},
            {"labels", {{"kind", "fraud.verdict"}, {"card", "0622241201382a45"}}},
            {"summary", "review t1"},
            {"details", {{"amount", "84.00"}}},
            {"correlation", {{"run", "r-1"}}},
            {"hints", {"email"}},
            {"fingerprint", "whatever it was"}};
}

std::string legacy(const std::string& transaction,
                   const std::string& types = R"(["sms","email"])") {
    return R"({"message":{"alertTypes":)" + types + R"(,"message":{"Transaction":)" + transaction +
           "}}}";
}

constexpr const char* k_bought =
    R"({"transactionID":1527000000123,"userID":1527000000123,"order":{"id":12345,"name":"order_1",)"
    R"("cost":123.00,"currency":"INR"},"paymentMethod":"amazonpay","payment":{"card":%,"type":)"
    R"("wallet","amount":123.10,"currency":"INR"},"status":{"code":13},"fraudStatus":true,)"
    R"("transactionStartTime":1527000000123,"transactionEndTime":1527000000456})";

std::string bought(const std::string& card) {
    std::string text = k_bought;
    return text.replace(text.find('%'), 1, card);
}

} // namespace

TEST_CASE("O-63 the original's envelope becomes an alert: hashed card, masked texts, hints") {
    const auto event = take(legacy(bought("4111111111111111")));
    CHECK(event.kind == "fraud.verdict");
    CHECK(event.severity == "critical");
    CHECK(event.at_us == 1'527'000'000'456'000);
    CHECK(event.labels == observe::Labels{{"kind", "fraud.verdict"},
                                          {"outcome", "declined"},
                                          {"card", "0622241201382a45"}});
    CHECK(event.hints == std::vector<std::string>{"email", "sms"});
    CHECK(event.summary == "declined 1527000000123 123.10 INR by amazonpay");
    const Json details = Json::parse(event.details);
    CHECK(details["card"] == "411111******1111");
    CHECK(details["payment"]["card"] == "411111******1111");
    CHECK(details["amount"] == "123.10"); // the digits as they were written
    CHECK(details["transactionID"] == 1527000000123);
    CHECK(details["order"]["name"] == "order_1");
    // The same card however it is written, and a card that fails its check digit.
    CHECK(take(legacy(bought(R"("4111 1111-1111 1111")"))).labels.at("card") == "0622241201382a45");
    const auto failing = take(legacy(bought("1234567887654321")));
    CHECK(failing.labels.at("card").size() == 16);
    CHECK(failing.details.find("1234567887654321") == std::string::npos);
    CHECK(Json::parse(failing.details)["card"] == "123456******4321");
}

TEST_CASE("an alert of 2018 is identified by its content, whoever sends it again") {
    const std::string body = legacy(bought("4111111111111111"));
    CHECK(take(body).id == take(body).id);
    CHECK(take(body).id == take(" " + body).id);
    CHECK(take(body).id != take(legacy(bought("4111111111111129"))).id);
    CHECK(take(body).id != take(legacy(bought("4111111111111111"), R"(["sms"])")).id);
    std::string later = body;
    later.replace(later.find("1527000000123"), 13, "1527000000124");
    CHECK(take(body).id != take(later).id);
}

TEST_CASE(
    "O-65 a card number anywhere in an incoming alert is masked, a security code is dropped") {
    std::string body = legacy(bought("1234567887654321"));
    const std::string name = "order_1";
    body.replace(
        body.find(name), name.size(),
        R"(for 4111-1111 1111 1111 and 1234567887654321","4222222222222":"x","cvc":"8765)");
    const auto event = take(body);
    const std::string all = event.details + event.summary + event.id;
    for (const char* planted : {"4111-1111", "1234567887654321", "4222222222222", "8765\""})
        CHECK(all.find(planted) == std::string::npos);
    CHECK(Json::parse(event.details)["order"]["name"] ==
          "for 411111******1111 and 123456******4321");
    Json mine = ours();
    mine["summary"] = "paid by 4111111111111111";
    mine["details"] = {{"note", {{"deep", 4111111111111111}}}, {"pin", "1234"}};
    mine["correlation"] = {{"ref", "4111 1111 1111 1111"}};
    mine["labels"]["note"] = "4111111111111111";
    const auto taken = take(mine.dump());
    CHECK(taken.summary == "paid by 411111******1111");
    CHECK(taken.details == R"({"note":{"deep":"411111******1111"}})");
    CHECK(taken.correlation == R"({"ref":"411111******1111"})");
    CHECK(taken.labels.at("note") == "411111******1111");
}

TEST_CASE("a published alert reads back unchanged") {
    observe::AlertEvent event = take(ours().dump());
    CHECK(event.id == "2f0d7a2e-0f5e-5a2b-9f0e-0c1d2e3f4a5b");
    CHECK(event.at_us == 1'772'619'000'000'001);
    CHECK(event.source == "harmonia@tills-1");
    CHECK(event.hints == std::vector<std::string>{"email"});
    event.ends_at_us = event.at_us + 1;
    const auto again = take(observe::alert_json(event));
    CHECK(observe::alert_json(again) == observe::alert_json(event));
    CHECK(again.ends_at_us == event.ends_at_us);
}

TEST_CASE("the problem of a bad body names the field") {
    CHECK(problem("{not json") == "bad_json");
    CHECK(problem("") == "bad_json");
    CHECK(problem("{} {}") == "bad_json");
    CHECK(problem(R"({"v":1,"id":"a\u0000b"})") == "bad_json");
    CHECK(problem(std::string(100, '[') + std::string(100, ']')) == "bad_json");
    CHECK(problem("\"\xff\"") == "bad_json");
    CHECK(problem("[]") == "not_an_alert");
    CHECK(problem(R"({"Transaction":{}})") == "not_an_alert");
    CHECK(problem(R"({"message":7})") == "bad_alert message.alertTypes");
    CHECK(problem(legacy("7")) == "bad_alert message.message.Transaction");
    CHECK(problem(legacy("{}", "7")) == "bad_alert message.alertTypes");
    const auto with = [](const char* name, const Json& value) {
        Json body = ours();
        body[name] = value;
        return problem(body.dump());
    };
    CHECK(with("v", 2) == "bad_alert v");
    CHECK(with("v", 1.0) == "bad_alert v");
    CHECK(with("id", "7") == "bad_alert id");
    CHECK(with("kind", "fraud.guess") == "bad_alert kind");
    CHECK(with("severity", "loud") == "bad_alert severity");
    CHECK(with("at", "2026-03-04T10:10:00") == "bad_alert at"); // no zone
    CHECK(with("at", "2026-03-04") == "bad_alert at");
    CHECK(with("ends_at", "soon") == "bad_alert ends_at");
    CHECK(with("labels", Json::array()) == "bad_alert labels");
    CHECK(with("labels", {{"a", 7}}) == "bad_alert labels");
    CHECK(with("labels", {{"a b", "c"}}) == "bad_alert labels");
    CHECK(with("labels", {{"a", "c\nkind=x"}}) == "bad_alert labels"); // forges a fingerprint
    CHECK(with("labels", {{"kind", "screen.failed"}}) == "bad_alert labels");
    CHECK(with("summary", nullptr) == "bad_alert summary");
    CHECK(with("details", "text") == "bad_alert details");
    CHECK(with("details", {{"a", std::string(70'000, 'x')}}) == "bad_alert details");
    CHECK(with("hints", "email") == "bad_alert hints");
}

TEST_CASE("members that an alert of 2018 lacks are left out, except those that make it one") {
    const auto bare = take(legacy("{}", "[]"));
    CHECK(bare.at_us == k_now_us);
    CHECK(bare.hints.empty());
    CHECK(bare.labels.count("card") == 0);
    // This program's own messages in that form hold a masked card, which is not hashed.
    const auto masked = take(legacy(bought(R"("411111******1111")")));
    CHECK(masked.labels.count("card") == 0);
    CHECK(masked.labels.at("transaction") == "1527000000123");
    CHECK(Json::parse(masked.details)["card"] == "411111******1111");
    CHECK(take(legacy(bought("null"), R"(["pager","email"])")).hints ==
          std::vector<std::string>{"email"});
}
