// The examples of the specification on the shipped rule set.
#include "tests/unit/screen/world.hpp"

using namespace harmonia;
using namespace harmonia::screen;
using screen_test::World;

namespace {

World velocity() {
    World world(screen_test::cards());
    for (const char* at : {"10:00:00", "10:03:00", "10:06:00", "10:09:59"})
        world.payment(at, at, 84).card_id = 1;
    return world;
}

std::string hits(const World& world, const Judgement& judgement) {
    std::string text;
    for (const Hit& hit : judgement.hits)
        text += (text.empty() ? "" : " ") + world.ruleset.rules[hit.rule].id;
    return text;
}

} // namespace

TEST_CASE("O-17 the fourth use of a card in ten minutes goes to review") {
    World world = velocity();
    CHECK(world.value("10:00:00", "card_n_10m") == "1");
    CHECK(world.value("10:03:00", "card_n_10m") == "2");
    CHECK(world.value("10:06:00", "card_n_10m") == "3");
    CHECK(world.value("10:09:59", "card_n_10m") == "4");
    const auto verdicts = world.judge();
    for (const char* at : {"10:00:00", "10:03:00", "10:06:00"}) {
        CHECK(verdicts.at(at).outcome == Outcome::approved);
        CHECK(hits(world, verdicts.at(at)).empty());
    }
    const Judgement& fourth = verdicts.at("10:09:59");
    CHECK(hits(world, fourth) == "V-CARD-10M");
    CHECK(fourth.score == 45);
    CHECK(fourth.outcome == Outcome::review);
    CHECK(fourth.decided_by == "threshold");
    CHECK(fourth.hits[0].reason == "4 uses of one card in 10 minutes");
    CHECK(fourth.hits[0].inputs == R"({"card_n_10m":"4"})");
}

TEST_CASE("O-18 a window is closed to the microsecond") {
    World on_edge = velocity();
    on_edge.payment("late", "10:10:00", 84).card_id = 1;
    CHECK(on_edge.value("late", "card_n_10m") == "5");
    World beyond = velocity();
    beyond.payment("late", "10:10:00.000001", 84).card_id = 1;
    CHECK(beyond.value("late", "card_n_10m") == "4");
}

TEST_CASE("O-19 rows of one moment see each other, whichever came first") {
    for (const bool swapped : {false, true}) {
        World world(screen_test::cards());
        world.payment(swapped ? "b" : "a", "10:00:00", 5).card_id = 1;
        world.payment(swapped ? "a" : "b", "10:00:00", 5).card_id = 1;
        CHECK(world.value("a", "card_n_10m") == "2");
        CHECK(world.value("b", "card_n_10m") == "2");
    }
}

TEST_CASE("O-20 O-21 three times the mean, exactly; too few rows make no mean") {
    const auto judged = [](int rows, double amount) {
        World world(screen_test::cards());
        for (int i = 1; i <= rows; ++i)
            world
                .payment("h" + std::to_string(i), "2026-02-1" + std::to_string(i) + "T09:00:00Z",
                         10 * i)
                .customer = "c1";
        world.payment("now", "10:00:00", amount).customer = "c1";
        auto verdicts = world.judge();
        return std::pair(std::move(world), verdicts.at("now"));
    };
    const auto [at_mean, exactly] = judged(5, 90.00);
    CHECK(at_mean.hit(exactly, "A-3X-MEAN") == nullptr);
    CHECK(at_mean.count("A-3X-MEAN").unknown == 5); // the history's rows, judged too
    const auto [above, more] = judged(5, 90.01);
    REQUIRE(above.hit(more, "A-3X-MEAN") != nullptr);
    CHECK(above.hit(more, "A-3X-MEAN")->reason == "90.01 against a mean of 30.00");
    const auto [few, large] = judged(4, 10'000.00);
    CHECK(few.hit(large, "A-3X-MEAN") == nullptr);
    CHECK(few.count("A-3X-MEAN").unknown == 5);
    CHECK(few.value("now", "cust_avg_30d") == "missing");
}

TEST_CASE("O-22 three standard deviations above the mean, exactly") {
    for (const auto& [amount, hit] : {std::pair(130.00, false), std::pair(130.01, true)}) {
        World world(screen_test::cards());
        for (int i = 0; i < 10; ++i)
            world
                .payment("h" + std::to_string(i),
                         "2026-02-0" + std::to_string(i % 9 + 1) + "T0" + std::to_string(i) +
                             ":00:00Z",
                         i % 2 == 0 ? 90 : 110)
                .customer = "c1";
        world.payment("now", "10:00:00", amount).customer = "c1";
        const auto verdicts = world.judge();
        CHECK((world.hit(verdicts.at("now"), "A-Z3") != nullptr) == hit);
    }
}

TEST_CASE("O-23 O-24 from Paris to London in twenty minutes; two places at once") {
    const auto second = [](const std::string& at, std::int32_t lat, std::int32_t lon) {
        World world(screen_test::cards());
        for (const auto& [id, when, north, east] :
             {std::tuple("paris", std::string("10:00:00"), 48'856'600, 2'352'200),
              std::tuple("then", at, lat, lon)}) {
            Fact& fact = world.payment(id, when, 5);
            fact.card_id = 1;
            fact.channel = "pos";
            fact.lat = north;
            fact.lon = east;
        }
        const auto verdicts = world.judge();
        const Hit* hit = world.hit(verdicts.at("then"), "G-TRAVEL");
        const Explanation explanation = world.explain("then");
        for (const auto& rule : explanation.rules)
            if (rule.id == "G-TRAVEL")
                return std::pair(rule.filled, hit == nullptr ? std::string() : hit->reason);
        return std::pair(std::string(), std::string());
    };
    CHECK(distance_m(48'856'600, 2'352'200, 51'507'400, -127'800) == 343'557);
    CHECK(second("10:20:00", 51'507'400, -127'800) ==
          std::pair<std::string, std::string>("pos == \"pos\" and 1030.671 > 900",
                                              "343.557 km in 20m since the last card-present use"));
    CHECK(second("10:25:00", 51'507'400, -127'800) ==
          std::pair<std::string, std::string>("pos == \"pos\" and 824.537 > 900", ""));
    CHECK(second("10:00:00", 48'856'600, 2'352'200).first == "pos == \"pos\" and 0 > 900");
    const auto apart = second("10:00:00", 49'396'000, 2'352'200); // 60 km to the north
    CHECK(apart.first == "pos == \"pos\" and ∞ > 900");
    CHECK(!apart.second.empty());
}

TEST_CASE("O-25 distinct cards from one address") {
    World world(screen_test::cards());
    for (int i = 1; i <= 6; ++i) {
        Fact& fact = world.payment("t" + std::to_string(i), "10:0" + std::to_string(i) + ":00", 5);
        fact.card_id = i == 6 ? 2 : i;
        fact.ip = "192.0.2.1";
    }
    CHECK(world.value("t5", "ip_cards_1h") == "5");
    CHECK(world.value("t6", "ip_cards_1h") == "5");
    const auto verdicts = world.judge();
    CHECK(world.hit(verdicts.at("t4"), "V-IP-CARDS") == nullptr);
    CHECK(world.hit(verdicts.at("t5"), "V-IP-CARDS")->score == 50);
    CHECK(verdicts.at("t5").score == 50);
    CHECK(world.hit(verdicts.at("t6"), "V-IP-CARDS") != nullptr);
}

TEST_CASE("O-26 O-27 bands by the count of a day; a group's cap") {
    World world(screen_test::cards());
    for (int i = 1; i <= 25; ++i) { // half an hour apart
        const int minute = i * 30;
        world
            .payment("t" + std::to_string(i),
                     (minute < 600 ? "0" : "") + std::to_string(minute / 60) +
                         (minute % 60 ? ":30:00" : ":00:00"),
                     1)
            .card_id = 1;
    }
    const auto verdicts = world.judge();
    CHECK(world.hit(verdicts.at("t5"), "V-CARD-24H") == nullptr);
    CHECK(world.hit(verdicts.at("t9"), "V-CARD-24H")->score == 10);
    CHECK(world.hit(verdicts.at("t10"), "V-CARD-24H")->score == 25);
    CHECK(world.hit(verdicts.at("t25"), "V-CARD-24H")->score == 60);

    World burst(screen_test::cards());
    for (int i = 1; i <= 10; ++i)
        burst.payment("t" + std::to_string(i), "10:00:" + std::to_string(10 + i), 1).card_id = 1;
    const auto tenth = burst.judge().at("t10");
    CHECK(hits(burst, tenth) == "V-CARD-10M V-CARD-24H");
    CHECK(tenth.score == 60);
    CHECK(tenth.outcome == Outcome::review);
}

TEST_CASE("O-29 O-30 a stop list overrides an allow rule; an allow rule overrides the score") {
    World world(screen_test::cards());
    world.list("vip").entries.push_back({"c1"});
    world.list("stop_cards").entries.push_back({World::card(7).hash});
    Fact& stopped = world.payment("stopped", "10:00:00", 50);
    stopped.card_id = 7;
    stopped.customer = "c1";
    for (int i = 1; i <= 10; ++i) {
        Fact& fact = world.payment("t" + std::to_string(i), "12:00:" + std::to_string(10 + i), 150);
        fact.card_id = 1;
        fact.customer = "c1";
        fact.ip = "192.0.2.9";
        fact.card_country = "DE";
        fact.ip_country = "BR";
    }
    const auto verdicts = world.judge();
    const Judgement& blocked = verdicts.at("stopped");
    CHECK(blocked.outcome == Outcome::declined);
    CHECK(blocked.decided_by == "rule B-STOPLIST");
    CHECK(hits(world, blocked) == "B-STOPLIST P-VIP");
    CHECK(blocked.override_text.empty());
    const Judgement& friendly = verdicts.at("t10");
    CHECK(friendly.outcome == Outcome::approved);
    CHECK(friendly.decided_by == "rule P-VIP");
    CHECK(friendly.score == 60 + 20);
    CHECK(friendly.override_text == "declined at 80");
}

TEST_CASE("O-31 O-32 a hold without a score; a shadow rule has no effect") {
    World world(screen_test::cards());
    for (const char* at : {"10:00:00", "10:04:00"}) {
        Fact& fact = world.payment(at, at, 20);
        fact.card_id = 1;
        fact.merchant = "m1";
    }
    for (const char* at : {"11:00:00", "12:00:00", "13:00:00"})
        world.payment(at, at, 9'500).customer = "c5";
    const auto verdicts = world.judge();
    const Judgement& twice = verdicts.at("10:04:00");
    CHECK(hits(world, twice) == "D-TWICE");
    CHECK(twice.score == 0);
    CHECK(twice.outcome == Outcome::review);
    CHECK(twice.decided_by == "rule D-TWICE");
    const Judgement& shadow = verdicts.at("13:00:00");
    CHECK(hits(world, shadow) == "S-STRUCTURE");
    CHECK(shadow.hits[0].shadow);
    CHECK(shadow.score == 0);
    CHECK(shadow.outcome == Outcome::approved);
    CHECK(world.count("S-STRUCTURE").shadow == 1);
    CHECK(world.count("S-STRUCTURE").hits == 0);
}

TEST_CASE("O-33 a missing country makes the rule unknown") {
    World world(screen_test::cards());
    world.payment("row", "10:00:00", 20).card_country = "DE";
    const auto verdicts = world.judge();
    CHECK(verdicts.at("row").hits.empty());
    CHECK(world.count("G-MISMATCH").unknown == 1);
    for (const auto& rule : world.explain("row").rules)
        if (rule.id == "G-MISMATCH") {
            CHECK(rule.truth == Explanation::Truth::unknown);
            CHECK(rule.filled == "ip_country is missing");
        }
}

TEST_CASE("O-42 a suppressed hit is recorded and has no effect") {
    World world(screen_test::cards());
    world.context.suppressions.push_back({"A-3X-MEAN", "customer", "c9",
                                          screen_test::instant("2026-03-01T00:00:00Z"),
                                          screen_test::instant("2026-03-08T00:00:00Z")});
    for (int i = 1; i <= 5; ++i)
        world.payment("h" + std::to_string(i), "2026-02-1" + std::to_string(i) + "T09:00:00Z", 30)
            .customer = "c9";
    world.payment("day3", "2026-03-03T10:00:00Z", 120).customer = "c9";
    world.payment("day8", "2026-03-08T10:00:00Z", 200).customer = "c9";
    const auto verdicts = world.judge();
    const Hit* on_third = world.hit(verdicts.at("day3"), "A-3X-MEAN");
    REQUIRE(on_third != nullptr);
    CHECK(on_third->suppressed_by == "customer=c9");
    CHECK(verdicts.at("day3").score == 0);
    CHECK(world.count("A-3X-MEAN").suppressed == 1);
    const Hit* on_eighth = world.hit(verdicts.at("day8"), "A-3X-MEAN");
    REQUIRE(on_eighth != nullptr);
    CHECK(on_eighth->suppressed_by.empty());
    CHECK(verdicts.at("day8").score == 35);
}

TEST_CASE("a block by a managed list cannot be suppressed") {
    World world(screen_test::cards());
    world.list("stop_cards").entries.push_back({World::card(7).hash});
    world.context.suppressions.push_back({"*", "card", World::card(7).hash});
    world.payment("row", "10:00:00", 50).card_id = 7;
    CHECK(world.judge().at("row").outcome == Outcome::declined);
}
