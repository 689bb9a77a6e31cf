// The rule language, and how its errors are reported.
#include "tests/unit/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;
using screen_test::World;

namespace {

std::string mistake(const std::string& features, const std::string& rules,
                    const std::string& more = {}) {
    try {
        static_cast<void>(screen_test::small(features, rules, more));
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
        return error.what();
    }
    return "none";
}
std::string condition_mistake(const std::string& when) {
    return mistake("", "  - {id: R, when: '" + when + "', score: 1}\n");
}

/// The score that one row gets from `when`.
int score(const std::string& when, const std::function<void(Fact&)>& change = {},
          const std::string& features = {}) {
    World world(screen_test::small(features, "  - {id: R, when: '" + when + "', score: 1}\n"));
    Fact& fact = world.payment("row", "10:00:00", 100);
    if (change)
        change(fact);
    return world.judge().at("row").score;
}

} // namespace

TEST_CASE("O-43 an unknown name is reported with file, line, column and a suggestion") {
    CHECK(mistake("", "  - {id: R, when: amout > 1, score: 1}\n") ==
          "small.yaml:7:19: unknown name \"amout\"; did you mean \"amount\"?");
    CHECK(mistake("", "  - {id: R, when: \"1 < 2 and amout > 1\", score: 1}\n") ==
          "small.yaml:7:30: unknown name \"amout\"; did you mean \"amount\"?");
}

TEST_CASE("comments and layout do not change the digest of a rule set") {
    const Ruleset plain = screen_test::small("", "  - {id: R, when: amount > 1, score: 1}\n");
    const Ruleset commented = screen_test::small("", "  # a comment\n  - id: R   # another\n"
                                                     "    score: 1\n    when: \"amount > 1\"\n");
    const Ruleset other = screen_test::small("", "  - {id: R, when: amount > 2, score: 1}\n");
    CHECK(plain.digest == commented.digest);
    CHECK(plain.digest != other.digest);
    CHECK(plain.digest == sha256_hex(plain.canonical));
    CHECK(plain.canonical.find(R"("rules":[{"id":"R","score":"1","when":"amount > 1"}])") !=
          std::string::npos);
}

TEST_CASE("the shipped rule set is read completely") {
    const Ruleset cards = screen_test::cards();
    CHECK(cards.rules.size() == 18);
    CHECK(cards.features.size() == 15);
    CHECK(cards.warnings.empty());
    CHECK(cards.lookback_us() == 180 * time::k_day_us);
    CHECK(cards.managed_lists() == std::vector<std::string>{"stop_cards", "vip"});
    CHECK(cards.reads_labels());
    CHECK(cards.reads_verdicts());
    CHECK(cards.keys().size() == 7);
    CHECK(cards.alerts.size() == 2);
}

TEST_CASE("O-28 a score equal to a threshold reaches it") {
    const auto outcome = [](double amount) {
        World world(screen_test::small(
            "", "  - {id: R, bands: {of: amount, steps: [[1, 39], [2, 40], [3, 79], [4, 80]]}}\n"));
        world.payment("row", "10:00:00", amount);
        return world.judge().at("row").outcome;
    };
    CHECK(outcome(0.99) == Outcome::approved);
    CHECK(outcome(1.00) == Outcome::approved);
    CHECK(outcome(2.00) == Outcome::review);
    CHECK(outcome(3.99) == Outcome::review);
    CHECK(outcome(4.00) == Outcome::declined);
}

TEST_CASE("O-34 foreign amounts are converted at the newest rate of the day, half to even") {
    CHECK(convert(1001, 9235, 4, 0) == 924);
    CHECK(convert(100, 125, 3, 0) == 12);
    CHECK(convert(300, 125, 3, 0) == 38);   // 37.5
    CHECK(convert(100, 1, 0, 2) == 10'000); // yen to euro cents
    CHECK(!convert(1'000'000'000'000'000, 1'000'000, 0, 0));
    World world(screen_test::small("", "  - {id: R, when: amount == 9.24, score: 1}\n"
                                       "  - {id: U, when: is_missing(amount), score: 2}\n"));
    const std::int32_t day = *time::date_from(2026, 3, 4);
    world.rates = {{day - 3, "USD", 9, 1}, {day - 1, "USD", 9235, 4}, {day + 1, "USD", 1, 0}};
    world.payment("rated", "10:00:00", 10.01).currency = "USD";
    world.payment("early", "2026-02-01T10:00:00Z", 10.01).currency = "USD";
    world.payment("other", "10:00:00", 10.01).currency = "GBP";
    const auto verdicts = world.judge();
    CHECK(verdicts.at("rated").score == 1);
    CHECK(verdicts.at("early").score == 2);
    CHECK(verdicts.at("other").score == 2);
    CHECK(world.history()->missing_rates() == 2);
}

TEST_CASE("O-35 a label counts once it is known and the lag is over, never before") {
    const std::string features = "  frauds: {labels: fraud, by: terminal, over: 28d, lag: 7d}\n";
    World world(screen_test::small(features, "  - {id: R, when: frauds >= 1, score: 1}\n"));
    world.payment("fraud", "2026-03-01T10:00:00Z", 5).terminal = "t1";
    for (const char* day : {"07", "09", "12"})
        world.payment(day, std::string("2026-03-") + day + "T10:00:00Z", 5).terminal = "t1";
    world.labels.push_back({1, true, screen_test::instant("2026-03-10T00:00:00Z")});
    for (const char* asof : {"2026-04-20T00:00:00Z", "2026-03-20T00:00:00Z"}) {
        world.context.label_asof_us = screen_test::instant(asof);
        CHECK(world.value("07", "frauds") == "0");
        CHECK(world.value("09", "frauds") == "0");
        CHECK(world.value("12", "frauds") == "1");
    }
    world.context.label_asof_us = screen_test::instant("2026-03-09T00:00:00Z");
    CHECK(world.value("12", "frauds") == "0");
}

TEST_CASE("operators, functions and missing values") {
    CHECK(score("amount > 99.99 and amount <= 100") == 1);
    CHECK(score("amount > 100") == 0);
    CHECK(score("amount / 4 == 25.00 and amount * 2 - 50 == 150.00") == 1);
    CHECK(score("amount between 100 and 200") == 1);
    CHECK(score("amount / 3 * 3 == amount") == 1); // no third is lost
    CHECK(score("kind in [\"purchase\", \"refund\"] and not (kind == \"refund\")") == 1);
    CHECK(score("mcc == \"4829\"") == 0);
    CHECK(score("mcc != \"4829\"") == 0); // missing: unknown
    CHECK(score("is_missing(mcc) and coalesce(mcc, \"none\") == \"none\"") == 1);
    CHECK(score("mcc == \"1\" or amount > 1") == 1);
    CHECK(score("kind starts_with \"pur\" and kind matches \"p.*e\" and kind contains \"cha\"") ==
          1);
    CHECK(score("hour(event_time) == 11 and weekday(event_time) == 3") == 1); // Berlin, Wednesday
    CHECK(score(
              "is_missing(hour(event_time))", [](Fact& f) { f.received_time = true; }) == 1);
    CHECK(score("bin(4) == \"4111\" and is_missing(bin(8)) and bin6 == \"411111\"",
                [](Fact& f) { f.card_id = 3; }) == 1);
    CHECK(score("km(48.8566, 2.3522, lat, lon) == 343.557", [](Fact& f) {
              f.lat = 51'507'400;
              f.lon = -127'800;
          }) == 1);
    CHECK(score("abs(0 - 5) == max(5, 3) and min(amount, 5.00) == 5.00") == 1);
    CHECK(score(
              "age(first) >= 0s", [](Fact& f) { f.card_id = 1; },
              "  first: {first_at: txn, by: card, over: 1h, current: include}\n") == 1);
}

TEST_CASE("infinite times and speeds stay values") {
    World world(screen_test::small(
        "", "  - {id: R, when: event_time + 1s * speed_kmh() > event_time, score: 1, "
            "reason: \"{event_time + 1s * speed_kmh()} {1s * speed_kmh()} {speed_kmh()}\"}\n"
            "  - {id: H, when: hour(event_time + 100000d * 100000) > 0, score: 2}\n"));
    for (const std::int32_t lat : {10'000'000, 20'000'000}) {
        Fact& fact = world.payment(lat == 10'000'000 ? "a" : "b", "10:00:00", 1);
        fact.card_id = 1;
        fact.channel = "atm";
        fact.lat = lat;
        fact.lon = 0;
    }
    const auto verdicts = world.judge();
    REQUIRE(verdicts.at("a").hits.size() == 1);
    CHECK(verdicts.at("a").hits[0].reason == "∞ ∞ ∞");
    CHECK(world.count("H").unknown == 2);
}

TEST_CASE("lists: by text, by period; tags; rows out of scope") {
    World world(screen_test::small(
        "",
        "  - {id: T, when: mcc in cash, action: tag, tag: cash}\n"
        "  - {id: S, when: tag(cash) and customer in watched, score: 50}\n",
        "applies_to: kind == \"purchase\"\nlists:\n  cash: {key: mcc, values: [\"6051\"]}\n"
        "  watched: {key: customer, managed: true}\n"));
    world.list("watched").entries.push_back({"c1", screen_test::instant("2026-03-04T00:00:00Z"),
                                             screen_test::instant("2026-03-05T00:00:00Z")});
    for (const auto& [id, at] :
         {std::pair("in", "2026-03-04T10:00:00Z"), std::pair("after", "2026-03-05T00:00:00Z"),
          std::pair("out", "2026-03-04T10:00:00Z")}) {
        Fact& fact = world.payment(id, at, 5);
        fact.customer = "c1";
        fact.mcc = "6051";
    }
    world.facts.back().kind = "refund";
    const auto verdicts = world.judge();
    CHECK(verdicts.at("in").outcome == Outcome::review);
    CHECK(verdicts.at("in").hits.size() == 2);
    CHECK(verdicts.at("after").outcome == Outcome::approved);
    CHECK(verdicts.at("out").decided_by == "out_of_scope");
    CHECK(verdicts.at("out").hits.empty());
}

TEST_CASE("a card under two keys is one card") {
    World world(
        screen_test::small("  n: {count: txn, by: card, over: 1h}\n",
                           "  - {id: N, when: n >= 2, score: 50, reason: \"{card} {n}\"}\n"));
    world.payment("a", "10:00:00", 5).card_id = 1;
    world.payment("b", "10:01:00", 5).card_id = 2;
    Card alias = World::card(2);
    alias.same_as = 1;
    world.cards.push_back(alias);
    const auto verdicts = world.judge();
    REQUIRE(verdicts.at("b").hits.size() == 1);
    CHECK(verdicts.at("b").hits[0].reason == "411111******1111 2");
}

TEST_CASE("errors of type and position") {
    CHECK(condition_mistake("amount > card_n") ==
          "small.yaml:7:29: unknown name \"card_n\"; did you mean \"card\"?");
    CHECK(condition_mistake("amount > \"x\"").find("cannot compare money and text") !=
          std::string::npos);
    CHECK(condition_mistake("amount > 1.005").find("more than 2 decimals") != std::string::npos);
    CHECK(condition_mistake("amount").find("must be a condition, got money") != std::string::npos);
    CHECK(condition_mistake("mcc in nowhere").find("unknown list \"nowhere\"") !=
          std::string::npos);
    CHECK(condition_mistake("tag(x)").find("no rule above sets the tag \"x\"") !=
          std::string::npos);
    CHECK(condition_mistake("matches(kind, \"(\")").find("small.yaml:7:") == 0);
    CHECK(condition_mistake("hour(amount) > 1").find("takes a time, not money") !=
          std::string::npos);
    CHECK(condition_mistake("amount > cur.amount").find("is only allowed in a feature") !=
          std::string::npos);
    const std::string sd = "  sd: {stddev: amount, by: card, over: 1h}\n";
    CHECK(mistake(sd, "  - {id: R, when: sd / sd > 1, score: 1}\n") != "none");
    CHECK(mistake(sd, "  - {id: R, when: max(sd, amount) > 1, score: 1}\n") != "none");
    CHECK(mistake(sd, "  - {id: R, when: amount > 2 * sd + 5, score: 1}\n") == "none");
    CHECK(
        mistake("  f: {count: txn, by: amount, over: 1h}\n", "  - {id: R, when: f > 1, score: 1}\n")
            .find("cannot group by \"amount\"") != std::string::npos);
    CHECK(mistake("  f: {count: txn, by: card, over: 1h, where: f > 1}\n",
                  "  - {id: R, when: f > 1, score: 1}\n")
              .find("unknown name \"f\"") != std::string::npos);
    CHECK(mistake("", "  - {id: R, when: amount > 1}\n").find("one of `action`") !=
          std::string::npos);
    CHECK(mistake("", "  - {id: R, when: amount > 1, score: 1, grup: x}\n")
              .find("unknown key 'grup'") != std::string::npos);
    CHECK(mistake("", "  - {id: R, when: amount > 1, score: 1}\n"
                      "  - {id: R, when: amount > 1, score: 1}\n")
              .find("duplicate rule id 'R'") != std::string::npos);
    const Ruleset unused = screen_test::small("  f: {count: txn, by: card, over: 1h}\n",
                                              "  - {id: R, when: amount > 1, score: 1}\n");
    REQUIRE(unused.warnings.size() == 1);
    CHECK(unused.warnings[0] == "small.yaml:7:6: feature \"f\" is never used");
}

TEST_CASE("sums beyond 64 bits, comparisons beyond 128") {
    const Int128 huge = Int128{1} << 120;
    CHECK((compare({huge, 3}, {huge + 1, 3}) < 0));
    CHECK((compare({huge, 1'000'000'007}, {huge + 1, 1'000'000'007}) < 0));
    CHECK((compare({huge + 1, huge}, {huge, huge - 1}) < 0)); // 1 + 1/h < 1 + 1/(h-1)
    CHECK((compare({1, 0}, {huge, 1}) > 0));
    CHECK(!multiply({huge, 1}, {huge, 1}));
    CHECK(!divide({1, 1}, {0, 1}));
    CHECK(print(Rational{-7, 2}, 0) == "-4");
    CHECK(print(Rational{5, 2}, 0) == "2");
    CHECK(print(Rational{9995, 1000}, 2) == "10.00");
    // mean 100, σ 10: 130 is the mean and three σ, exactly
    const Spread spread{10, 1000, 101'000};
    CHECK((sign({-30, 1}, {3, 1}, spread) == std::strong_ordering::equal));
    CHECK((sign({-30'000'001, 1'000'000}, {3, 1}, spread) == std::strong_ordering::less));
    CHECK((sign({30, 1}, {-3, 1}, spread) == std::strong_ordering::equal));
    CHECK((sign({1, 1}, {3, 1}, spread) == std::strong_ordering::greater));
}
