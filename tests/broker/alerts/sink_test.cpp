// Alerts from queues and files: each once, in both forms, card numbers nowhere, poison reported.
#include "tests/broker/alerts/site.hpp"

#include <csignal>
#include <set>
#include <thread>

using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

constexpr const char* k_deliver = "harmonia.alerts.deliver";
constexpr const char* k_dead = "harmonia.alerts.dead";

std::string all_rows(const Site& site) {
    return site.database().text("SELECT string_agg(to_jsonb(a)::text, E'\\n') FROM "
                                "screening.alert a") +
           site.database().text("SELECT string_agg(to_jsonb(d)::text || convert_from(body, 'UTF8'),"
                                " E'\\n') FROM ops.dead_letter d");
}

/// What a killed run and the next one leave behind: alerts, dead letters, copies by identity.
struct Left {
    std::string alerts, letters;
    std::set<std::string> copies;
    bool operator==(const Left&) const = default;
};

Left left(const Site& site) {
    Left out{site.database().text("SELECT string_agg(id::text || summary, ',' ORDER BY id) FROM "
                                  "screening.alert"),
             site.database().text("SELECT string_agg(code || convert_from(body, 'UTF8'), ',' ORDER "
                                  "BY body) FROM ops.dead_letter"),
             {}};
    for (const auto& copy : Site::take_all(k_dead))
        out.copies.insert(copy.properties.message_id.value() + copy.body);
    return out;
}

} // namespace

TEST_CASE(
    "O-58 a broker that delivers a stored alert again: ignored, acknowledged, notified once") {
    const Site site;
    site.must({"configure"});
    Site::put("harmonia.alerts", "fraud.critical.declined", {event_body(1), event_body(2)});
    CHECK(Site::counted(site.must({"import", "alerts"}), "new") == 2);
    Site::put("harmonia.alerts", "fraud.critical.declined",
              {event_body(2), event_body(3), event_body(3)});
    const std::string out = site.must({"import", "alerts"});
    CHECK(Site::counted(out, "new") == 1);
    CHECK(Site::counted(out, "duplicate") == 2);
    CHECK(site.alerts() == 3);
    CHECK(site.database()
              .text("SELECT DISTINCT source FROM screening.alert")
              .starts_with("harmonia@"));
    CHECK(Site::take_all(k_deliver).empty());
    CHECK(site.database().count("SELECT count(*) FROM ops.outbox") == 0);
}

TEST_CASE("O-59 poison: a wrapped copy is confirmed on the dead queue, the others go on") {
    const Site site;
    site.must({"configure"});
    Site::put("harmonia.alerts", "fraud.critical.declined",
              {event_body(1), "{not json", event_body(2)});
    const std::string out = site.must({"import", "alerts"}, 3);
    CHECK(Site::counted(out, "new") == 2);
    CHECK(Site::counted(out, "rejected") == 1);
    CHECK(Site::take_all(k_deliver).empty());
    const auto copies = Site::take_all(k_dead);
    REQUIRE(copies.size() == 1);
    const Json copy = Json::parse(copies[0].body);
    CHECK(copy["body_base64"] == "e25vdCBqc29u");
    CHECK(copy["code"] == "bad_json");
    CHECK(copy["feed"] == "alerts");
    CHECK(copy["queue"] == k_deliver);
    CHECK(copy["exchange"] == "harmonia.alerts");
    CHECK(copy["routing_key"] == "fraud.critical.declined");
    CHECK(copy["properties"]["delivery_mode"] == 2);
    CHECK(copies[0].properties.delivery_mode == 2);
    CHECK(site.database().text("SELECT code || ' ' || convert_from(body, 'UTF8') FROM "
                               "ops.dead_letter") == "bad_json {not json");
}

TEST_CASE("O-59 nothing is acknowledged while the dead queue does not take the copy") {
    const Site site;
    site.must({"configure"});
    harmonia::broker::Session(BrokerHost::instance().settings()).delete_queue(k_dead);
    Site::put("harmonia.alerts", "x", {"{not json", event_body(1)});
    const Finished refused = site.harmonia({"import", "alerts"});
    INFO(refused.err);
    CHECK(refused.exit == 78);
    CHECK(refused.err.find(k_dead) != std::string::npos);
    CHECK(refused.err.find("configure") != std::string::npos);
    site.must({"configure"});
    const std::string out = site.must({"import", "alerts"}, 3);
    CHECK(Site::counted(out, "duplicate") == 1); // its row was committed the first time
    CHECK(Site::take_all(k_dead).size() == 1);
    CHECK(Site::take_all(k_deliver).empty());
    CHECK(site.alerts() == 1);
    CHECK(site.database().count("SELECT count(*) FROM ops.dead_letter") == 1);
}

TEST_CASE("O-63 the original's exchange, queue and envelope: label, masked text, hints honoured") {
    const Site site("alerts:\n  channels:\n    page: {type: file, path: /dev/null}\n"
                    "    mail: {type: command, command: [/bin/true], from: a@example.com, "
                    "to: [b@example.com]}\n");
    site.must({"configure"});
    Site::put("dummy-exchange", "dummy-alerts",
              {legacy_body(1527000000123), legacy_body(1527000000123), legacy_body(1527000000999)});
    const std::string out = site.must({"import", "alerts-2018"});
    CHECK(Site::counted(out, "new") == 2);
    CHECK(Site::counted(out, "duplicate") == 1);
    CHECK(site.database().text("SELECT DISTINCT labels->>'card' FROM screening.alert") ==
          "0622241201382a45");
    CHECK(site.database().text("SELECT DISTINCT hints::text FROM screening.alert") ==
          "{email,sms}");
    CHECK(site.database().text("SELECT DISTINCT details->>'card' FROM screening.alert") ==
          "411111******1111");
    CHECK(all_rows(site).find("4111111111111111") == std::string::npos);
    site.must({"alert", "--flush"});
    CHECK(site.database().text("SELECT string_agg(DISTINCT channel, ',') FROM "
                               "screening.delivery") == "mail"); // hint email, not the file
}

TEST_CASE("O-63 a poisoned envelope's card number is in no table and no message") {
    const Site site;
    site.must({"configure"});
    Site::put("dummy-exchange", "dummy-alerts",
              {legacy_body(7, "1234567887654321", "7"), legacy_body(8, "4111111111111111", "7"),
               legacy_body(9, "4222222222222") + "}"});
    site.must({"import", "alerts-2018"}, 3);
    std::string everything = all_rows(site);
    for (const auto& copy : Site::take_all(k_dead)) {
        const std::string coded = Json::parse(copy.body)["body_base64"];
        everything += copy.body + run({{"/usr/bin/base64", "-d"}, {}, coded, 0}).out;
    }
    CHECK(everything.find("transactionID") != std::string::npos);
    for (const char* planted : {"1234567887654321", "4111111111111111", "4222222222222"})
        CHECK(everything.find(planted) == std::string::npos);
}

TEST_CASE("the same bodies are read from a file, one a line; the second time they are duplicates") {
    const Site site;
    const std::string path = site.directory().write(
        "alerts.jsonl",
        event_body(1) + "\n" + event_body(2) + "\nnonsense\n" + legacy_body(1527000000123) + "\n");
    const std::string out = site.must({"import", "alerts", "--file", path}, 3);
    CHECK(Site::counted(out, "new") == 3);
    CHECK(Site::counted(out, "rejected") == 1);
    CHECK(site.database().text("SELECT code || ' ' || raw FROM ops.reject") == "bad_json nonsense");
    const std::string more = site.directory().write("more.jsonl", legacy_body(1527000000123) +
                                                                      "\n" + event_body(2) + "\n");
    CHECK(Site::counted(site.must({"import", "alerts-2018", "--file", more}), "duplicate") == 2);
    CHECK(site.alerts() == 3);
}

TEST_CASE("an alert from a queue is routed, grouped and delivered like one raised here") {
    const TempDir directory;
    const Site site("alerts:\n  channels: {log: {type: file, path: " + directory.path() +
                    "/log}}\n");
    site.must({"configure"});
    Site::put("harmonia.alerts", "fraud.critical.declined", {event_body(1), event_body(2)});
    site.must({"import", "alerts"});
    CHECK(Site::counted(site.must({"alert", "--flush"}), "sent") == 1);
    CHECK(site.database().text("SELECT string_agg(final, ',') FROM screening.delivery") == "sent");
}

TEST_CASE("O-58 an import of alerts that is killed anywhere ends like one that was not") {
    const std::vector<std::string> bodies{event_body(1), "{not json", event_body(2), event_body(1)};
    static const Left k_undisturbed = [&] {
        const Site site;
        site.must({"configure"});
        Site::put("harmonia.alerts", "k", bodies);
        site.must({"import", "alerts"}, 3);
        return left(site);
    }();
    REQUIRE(k_undisturbed.copies.size() == 1);
    const std::string point =
        GENERATE(as<std::string>(), "import_queue_commit:before", "import_queue_commit:after",
                 "import_queue_reject:before", "import_queue_reject:after",
                 "import_queue_ack:before", "import_queue_ack:after");
    INFO(point);
    const Site site;
    site.must({"configure"});
    Site::put("harmonia.alerts", "k", bodies);
    CHECK(site.harmonia({"import", "alerts"}, point + " kill").exit == 137);
    const Finished again = site.harmonia({"import", "alerts"});
    INFO(again.err);
    CHECK((again.exit == 0 || again.exit == 3)); // 0: all was acknowledged
    CHECK(left(site) == k_undisturbed);
    CHECK(Site::take_all(k_deliver).empty());
}

TEST_CASE("a feed that fails under --follow gives back what it took: nothing is acknowledged by "
          "what comes later") {
    const Site site;
    site.must({"configure"});
    const std::string key = site.directory().path() + "/card.key", away = key + ".away";
    std::filesystem::rename(key, away);
    Site::put("dummy-exchange", "dummy-alerts", {legacy_body(1)});
    Site::put("harmonia.alerts", "k", {event_body(1)});
    Running running(site.launch({"import", "alerts-2018", "alerts", "--follow"}));
    const auto wait_for = [&](const std::string& what) {
        for (int polls = 0;
             site.database().count("SELECT count(*) FROM screening.alert WHERE " + what) == 0;
             ++polls) {
            REQUIRE(polls < 600);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    };
    wait_for("hints = '{}'"); // the second feed's: the first one has failed by now
    std::filesystem::rename(away, key);
    Site::put("dummy-exchange", "dummy-alerts", {legacy_body(2, "\"none\"")});
    wait_for("labels->>'transaction' = '2'");
    wait_for("labels->>'card' = '0622241201382a45' AND hints <> '{}'");
    running.signal(SIGTERM);
    CHECK(running.wait().exit == 143);
    CHECK(site.alerts() == 3);
}
