// Outgoing alerts: published as they are raised, or sent by a queue channel; in order, each once.
#include "core/db/connection.hpp"
#include "tests/broker/alerts/site.hpp"

#include <algorithm>
#include <numeric>

using namespace harmonia;
using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

constexpr const char* k_channel = "alerts:\n"
                                  "  channels: {old: {type: queue, form: legacy}}\n"
                                  "  route: {group_by: ['...'], group_wait: 0s}\n";

observe::AlertEvent declined(int number) {
    observe::AlertEvent event;
    event.kind = "fraud.verdict";
    event.severity = "critical";
    event.at_us = 1'772'619'000'000'000 + number;
    event.labels = {{"card", "0622241201382a45"}, {"customer", "c" + std::to_string(number)}};
    event.summary = "declined t" + std::to_string(number);
    event.details =
        R"({"card":"411111******1111","amount":"84.10","currency":"EUR","transactionID":)" +
        std::to_string(number) + "}";
    event.correlation = R"({"payment":7})";
    event.verdict = {"shop", "AUTH", "t" + std::to_string(number), "cards", 1};
    return event;
}

void raise(const Site& site, int from, int to, bool publish) {
    std::vector<observe::AlertEvent> events;
    for (int number = from; number < to; ++number)
        events.push_back(declined(number));
    const auto connection = site.database().connect();
    db::Transaction tx(*connection);
    observe::raise_alerts(tx, events, {.publish = publish});
    tx.commit(Failpoint::run_open_commit);
}

/// The numbers of the transactions in the messages, in their order.
std::vector<int> transactions_of(const std::vector<broker::Delivery>& messages) {
    std::vector<int> numbers;
    for (const auto& message : messages)
        numbers.push_back(
            Json::parse(message.body)["message"]["message"]["Transaction"]["transactionID"]
                .get<int>());
    return numbers;
}

std::vector<int> up_to(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

} // namespace

TEST_CASE("alerts that one installation publishes arrive unchanged in another") {
    const Site here("alerts: {publish: true}\n"), there;
    here.must({"configure"});
    raise(here, 0, 20, true);
    CHECK(Site::counted(here.must({"export", "outbox"}), "published") == 20);
    CHECK(Site::counted(there.must({"import", "alerts"}), "new") == 20);
    const std::string rows =
        "SELECT string_agg(concat_ws('|', id, kind, severity, at, ends_at, source, labels, "
        "fingerprint, summary, details, correlation, hints), E'\\n' ORDER BY {}) FROM "
        "screening.alert";
    CHECK(there.database().text(fmt::format(fmt::runtime(rows), "id")) ==
          here.database().text(fmt::format(fmt::runtime(rows), "id")));
    CHECK(there.database().text("SELECT string_agg(summary, ',' ORDER BY seq) FROM "
                                "screening.alert") ==
          here.database().text("SELECT string_agg(summary, ',' ORDER BY seq) FROM "
                               "screening.alert"));
}

TEST_CASE("a queue channel uses the original's exchange, queue and body, in order, once") {
    const Site site(k_channel);
    site.must({"configure"});
    for (int round = 0; round < 3; ++round) {
        raise(site, round * 5, round * 5 + 5, false);
        CHECK(Site::counted(site.must({"alert"}), "sent") == 5);
    }
    CHECK(site.database().count("SELECT count(*) FROM ops.outbox WHERE mandatory") == 15);
    CHECK(Site::counted(site.must({"export", "outbox"}), "published") == 15);
    const auto messages = Site::take_all("dummy_alerts_queue");
    CHECK(transactions_of(messages) == up_to(15));
    const Json body = Json::parse(messages[0].body);
    CHECK(messages[0].exchange == "dummy-exchange");
    CHECK(messages[0].routing_key == "dummy-alerts");
    CHECK(messages[0].properties.delivery_mode == 2);
    CHECK(body["message"]["alertTypes"] == Json({"sms", "email"}));
    const Json& transaction = body["message"]["message"]["Transaction"];
    std::vector<std::string> names;
    for (const auto& [name, value] : transaction.items())
        names.push_back(name);
    CHECK(names == std::vector<std::string>{"fraudStatus", "order", "payment", "paymentMethod",
                                            "status", "transactionEndTime", "transactionID",
                                            "transactionStartTime", "userID"});
    CHECK(transaction["payment"]["card"] == "411111******1111");
    CHECK(transaction["fraudStatus"] == true);
}

TEST_CASE("what a queue channel sends in the original's form, the feed of that form reads") {
    const Site here(k_channel), there;
    here.must({"configure"});
    raise(here, 0, 3, false);
    here.must({"alert"});
    here.must({"export", "outbox"});
    CHECK(Site::counted(there.must({"import", "alerts-2018"}), "new") == 3);
    CHECK(there.database().text("SELECT string_agg(details->>'amount', ',') FROM "
                                "screening.alert") == "84.10,84.10,84.10");
}

TEST_CASE(
    "O-60 the original's exchange gone after a restart: kept and reported, then sent in order") {
    const Site site(k_channel);
    site.must({"configure"});
    broker::Session(BrokerHost::instance().settings()).delete_exchange("dummy-exchange");
    raise(site, 0, 3, false);
    CHECK(Site::counted(site.must({"alert"}), "sent") == 3);
    const Finished refused = site.harmonia({"export", "outbox"});
    INFO(refused.err);
    CHECK(refused.exit == 3);
    CHECK(site.database().count("SELECT count(*) FROM ops.outbox") == 3);
    CHECK(site.database()
              .text("SELECT last_error FROM ops.outbox ORDER BY id LIMIT 1")
              .find("dummy-exchange") != std::string::npos);
    site.must({"configure"});
    site.database().execute("UPDATE ops.outbox SET not_before = NULL");
    CHECK(Site::counted(site.must({"export", "outbox"}), "published") == 3);
    CHECK(transactions_of(Site::take_all("dummy_alerts_queue")) == up_to(3));
}
