#include "core/base/uuid.hpp"
#include "core/observe/alert_event.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace harmonia;
using observe::AlertEvent;

TEST_CASE("O-41 the fingerprint of an alert is the digest of its sorted labels") {
    CHECK(observe::fingerprint(
              {{"outcome", "declined"}, {"card", "0622241201382a45"}, {"kind", "fraud.verdict"}}) ==
          "54a90f4483ba728d22fecd906c239743bfc731a90c30610297e72b79fede0be3");
}

TEST_CASE("a UUID of a name is the one in RFC 9562") {
    const auto dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    REQUIRE(dns);
    CHECK(print_uuid(uuid_v5(*dns, "www.example.com")) == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST_CASE("a UUID is read in both cases and in its whole form only") {
    const std::string text = "2ed6657d-e927-568b-95e1-2665a8aea6a2";
    CHECK(print_uuid(*parse_uuid("2ED6657D-E927-568B-95E1-2665A8AEA6A2")) == text);
    for (const char* wrong :
         {"", "2ed6657de927568b95e12665a8aea6a2", "2ed6657d-e927-568b-95e1-2665a8aea6ag",
          "2ed6657d-e927-568b-95e1_2665a8aea6a2", "2ed6657d-e927-568b-95e1-2665a8aea6a21"})
        CHECK_FALSE(parse_uuid(wrong));
}

TEST_CASE("UUIDs of the time rise with it and differ within one millisecond") {
    const Uuid first = uuid_v7(1'700'000'000'000'000), second = uuid_v7(1'700'000'000'001'000);
    CHECK(first < second);
    CHECK(print_uuid(first).substr(0, 14) == "018bcfe5-6800-");
    CHECK(print_uuid(first)[14] == '7');
    CHECK(uuid_v7(1'700'000'000'000'000) != first);
}

namespace {

AlertEvent verdict(int revision, const char* kind) {
    AlertEvent event;
    event.kind = kind;
    event.verdict = {"shop-a", "AUTH", "77120", "cards", revision};
    return event;
}

} // namespace

TEST_CASE("the alert of a verdict has one id, another revision or kind has another") {
    const auto id = observe::alert_id(verdict(1, "fraud.verdict"));
    CHECK(id == observe::alert_id(verdict(1, "fraud.verdict")));
    CHECK(id != observe::alert_id(verdict(2, "fraud.verdict")));
    CHECK(id != observe::alert_id(verdict(1, "fraud.late_evidence")));
    AlertEvent other;
    other.kind = "fraud.rate";
    CHECK(observe::alert_id(other) != observe::alert_id(other));
}

TEST_CASE("routing keys are domain, severity and detail") {
    AlertEvent event = verdict(1, "fraud.verdict");
    event.severity = "critical";
    event.labels = {{"outcome", "declined"}};
    CHECK(observe::alert_routing_key(event) == "fraud.critical.declined");
    AlertEvent rejects;
    rejects.kind = "import.rejects";
    CHECK(observe::alert_routing_key(rejects) == "ops.warning.import_rejects");
    AlertEvent late;
    late.kind = "fraud.late_evidence";
    CHECK(observe::alert_routing_key(late) == "fraud.warning.late_evidence");
}

TEST_CASE("an event as a message has all its fields") {
    AlertEvent event = verdict(1, "fraud.verdict");
    event.at_us = 1'772'619'000'000'001;
    event.labels = {{"card", "0622241201382a45"}};
    event.summary = "declined\nby V-CARD-10M";
    event.details = R"({"amount":"84.00"})";
    const auto json = nlohmann::json::parse(observe::alert_json(event));
    CHECK(json["v"] == 1);
    CHECK(json["id"] == observe::alert_id(event));
    CHECK(json["at"] == "2026-03-04T10:10:00.000001Z");
    CHECK(json["ends_at"].is_null());
    CHECK(json["summary"] == "declined");
    CHECK(json["labels"]["kind"] == "fraud.verdict");
    CHECK(json["details"]["amount"] == "84.00");
}
