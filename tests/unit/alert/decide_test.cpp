// Time is a number here: nothing waits.
#include "core/config/config.hpp"
#include "jobs/alert/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::alert;

namespace {

constexpr std::int64_t k_second = 1'000'000, k_minute = 60 * k_second, k_hour = 60 * k_minute;
constexpr std::int64_t k_start = 1'772'619'000 * k_second; // 2026-03-04 10:10 UTC, a Wednesday

Settings settings_of(const std::string& yaml) {
    return Settings::load(config::parse("alerts:\n" + yaml, "test"));
}

constexpr const char* k_cards = "  route: {group_by: [ruleset, card]}\n";

Alert alert_of(const std::string& id, Labels labels, const std::string& severity = "warning",
               std::int64_t at = k_start) {
    Alert alert;
    alert.id = id;
    alert.kind = "fraud.verdict";
    alert.severity = severity;
    alert.labels = std::move(labels);
    alert.fingerprint = observe::fingerprint(alert.labels);
    alert.received_us = at;
    return alert;
}

Alert declined(int number, const std::string& merchant, std::int64_t at) {
    return alert_of("a" + std::to_string(number),
                    {{"ruleset", "cards"}, {"card", "0622"}, {"merchant", merchant}}, "critical",
                    at);
}

} // namespace

TEST_CASE("O-49 thirty declines of one card are one group; repetitions are counted, not notified") {
    const auto settings = settings_of(k_cards);
    std::vector<Alert> alerts;
    for (int i = 0; i < 30; ++i)
        alerts.push_back(declined(i, "m" + std::to_string(i), k_start + i * k_second / 2));
    const auto decisions = decide(settings, alerts, {.now_us = k_start + 15 * k_second});
    std::set<std::string> keys;
    GroupTimes times;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        REQUIRE_FALSE(decisions[i].suppressed);
        keys.insert(decisions[i].groups.at(0).second.key);
        times.next_us = due_with(settings.root, times, alerts[i].received_us);
    }
    CHECK(keys.size() == 1);
    CHECK(*times.next_us == k_start + 30 * k_second);
    CHECK(std::string(notify_decision(settings.root, times, true, false, *times.next_us).reason) ==
          "first");

    // Notified; twenty more within the next minute: five minutes after the first mail.
    times = {1, k_start + 30 * k_second, std::nullopt};
    times.next_us = due_with(settings.root, times, k_start + 80 * k_second);
    CHECK(*times.next_us == k_start + 30 * k_second + 5 * k_minute);
    CHECK(std::string(notify_decision(settings.root, times, true, false, *times.next_us).reason) ==
          "new members");

    std::vector<Alert> same;
    for (int i = 0; i < 30; ++i)
        same.push_back(declined(i, "m0", k_start + i * k_second / 2));
    const auto repeated = decide(settings, same, {.now_us = k_start + 15 * k_second});
    CHECK_FALSE(repeated[0].suppressed);
    for (std::size_t i = 1; i < same.size(); ++i) {
        REQUIRE(repeated[i].suppressed);
        CHECK(repeated[i].suppressed->by == "dedup");
        CHECK(repeated[i].duplicate_of == "a0");
    }
}

TEST_CASE("a repetition after its window is notified again") {
    const auto settings = settings_of(k_cards);
    Snapshot snapshot{.now_us = k_start + 25 * k_hour};
    auto again = declined(1, "m0", k_start + 24 * k_hour - 1);
    snapshot.notified[again.fingerprint] = {"a0", k_start};
    CHECK(decide(settings, std::vector{again}, snapshot)[0].suppressed);
    again.received_us = k_start + 24 * k_hour;
    CHECK_FALSE(decide(settings, std::vector{again}, snapshot)[0].suppressed);
}

TEST_CASE("O-50 a reminder comes after four hours, and only while a member still fires") {
    const auto settings = settings_of(k_cards);
    const GroupTimes times{1, k_start, std::nullopt};
    const auto fires = notify_decision(settings.root, times, false, true, k_start + 4 * k_hour);
    REQUIRE(fires.reason != nullptr);
    CHECK(std::string(fires.reason) == "reminder");
    CHECK(*fires.next_us == k_start + 8 * k_hour);
    CHECK(notify_decision(settings.root, times, false, true, k_start + 4 * k_hour - 1).reason ==
          nullptr);
    const auto once = notify_decision(settings.root, times, false, false, k_start + 4 * k_hour);
    CHECK(once.reason == nullptr);
    CHECK_FALSE(once.next_us);
    auto alert = declined(1, "m", k_start);
    CHECK_FALSE(alert.firing(k_start));
    alert.ends_at_us = k_start + k_hour;
    CHECK(alert.firing(k_start + k_hour - 1));
    CHECK_FALSE(alert.firing(k_start + k_hour));
}

TEST_CASE("O-52 a critical alert inhibits the warning of its card, whichever came first") {
    const auto settings = settings_of(R"(
  inhibit:
    - {source: ['severity="critical"'], target: ['severity="warning"'], equal: [card], for: 10m}
)");
    const auto warning = alert_of("w", {{"outcome", "review"}, {"card", "0622"}});
    const auto critical = alert_of("c", {{"outcome", "declined"}, {"card", "0622"}}, "critical");
    const auto other = alert_of("o", {{"outcome", "review"}, {"card", "9999"}});
    const auto decisions =
        decide(settings, std::vector{warning, critical, other}, {.now_us = k_start});
    REQUIRE(decisions[0].suppressed);
    CHECK(decisions[0].suppressed->by == "inhibition");
    CHECK(decisions[0].suppressed->what == "c");
    CHECK_FALSE(decisions[1].suppressed);
    CHECK_FALSE(decisions[2].suppressed);
    const Snapshot later{
        .now_us = k_start + 10 * k_minute, .silences = {}, .recent = {critical}, .notified = {}};
    CHECK_FALSE(decide(settings, std::vector{warning}, later)[0].suppressed);
}

TEST_CASE("O-53 twenty tokens an hour: the twenty-first waits for the next one") {
    const Throttle throttle{20, k_hour};
    std::optional<std::int64_t> full;
    int sent = 0;
    for (int i = 0; i < 35; ++i) {
        const auto taken = take_token(throttle, full, k_start);
        sent += taken.granted ? 1 : 0;
        full = taken.full_us;
    }
    CHECK(sent == 20);
    const auto waits = take_token(throttle, full, k_start);
    CHECK(waits.next_us == k_start + 3 * k_minute);
    CHECK_FALSE(take_token(throttle, full, waits.next_us - 1).granted);
    CHECK(take_token(throttle, full, waits.next_us).granted);
    // An hour later the bucket holds twenty again, and no more after a day.
    for (const std::int64_t later : {k_hour, 24 * k_hour}) {
        auto bucket = full;
        for (sent = 0; take_token(throttle, bucket, k_start + later).granted; ++sent)
            bucket = take_token(throttle, bucket, k_start + later).full_us;
        CHECK(sent == 20);
    }
}

TEST_CASE("on each level the first route that matches is taken, further ones after continue") {
    const auto settings = settings_of(R"(
  channels: {a: {type: file, path: /a}}
  receivers: {x: {channels: [a]}, y: {channels: [a]}, z: {channels: [a]}}
  route:
    group_wait: 10s
    routes:
      - {match: ['severity="critical"'], receiver: x, continue: true, group_by: [...]}
      - {match: ['merchant=~"shop-.*"'], receiver: y, routes: [{match: [rule!=""], receiver: z}]}
      - {match: ['merchant=~"shop-.*"'], receiver: x}
)");
    const auto paths = [&](const Alert& alert) {
        std::string out;
        for (const Route* route : routes_of(settings, alert))
            out += route->path + " ";
        return out;
    };
    CHECK(paths(alert_of("1", {{"merchant", "shop-a"}})) == "0.1 ");
    CHECK(paths(alert_of("1", {{"merchant", "shop-a"}}, "critical")) == "0.0 0.1 ");
    CHECK(paths(alert_of("1", {{"merchant", "shop-a"}, {"rule", "V"}})) == "0.1.0 ");
    CHECK(paths(alert_of("1", {{"merchant", "my-shop-a"}})) == "0 ");
    CHECK(settings.find_route("0.1.0")->group_wait_us == 10 * k_second);
    CHECK(settings.find_route("0.1.0")->receiver == "z");
    auto dead = alert_of("1", {});
    dead.kind = "delivery.dead";
    CHECK(paths(dead) == "fallback ");
}

TEST_CASE("silence comes before inhibition, and critical alerts are muted only if configured") {
    const auto settings = settings_of(R"(
  intervals: {lunch: [{times: ["10:00-10:30"], zone: UTC}]}
  route: {mute: [lunch]}
  inhibit: [{source: ['severity="critical"'], target: ['severity="warning"']}]
)");
    const auto warning = alert_of("w", {{"card", "0622"}});
    const auto critical = alert_of("c", {{"card", "0623"}}, "critical");
    Snapshot snapshot{.now_us = k_start};
    CHECK(suppression(settings, settings.root, warning, snapshot)->by == "mute");
    CHECK_FALSE(suppression(settings, settings.root, critical, snapshot));
    snapshot.recent = {critical};
    CHECK(suppression(settings, settings.root, warning, snapshot)->by == "inhibition");
    snapshot.silences = {{7, {*Matcher::parse("card=\"0622\"")}, k_start, k_start + 1}};
    CHECK(suppression(settings, settings.root, warning, snapshot)->by == "silence");
    snapshot.now_us = k_start + 1; // its end is exclusive
    CHECK(suppression(settings, settings.root, warning, snapshot)->by == "inhibition");
    snapshot = {.now_us = k_start + 20 * k_minute}; // 10:30
    CHECK_FALSE(suppression(settings, settings.root, warning, snapshot));
}

TEST_CASE("hints choose channels by their type; when none matches, all are taken") {
    const auto settings = settings_of(R"(
  channels:
    log: {type: file, path: /a}
    mail: {type: smtp, host: localhost, tls: none, from: a@x, to: b@x}
)");
    const std::vector<std::string> both{"log", "mail"};
    CHECK(chosen_channels(settings, both, {"email"}) == std::vector<std::string>{"mail"});
    CHECK(chosen_channels(settings, both, {"sms"}) == both);
    CHECK(chosen_channels(settings, both, {}) == both);
}
