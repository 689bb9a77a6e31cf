// The SQL engine, and a history read in parts, compared feature by feature with the passes over the
// whole history, for random rule sets on random histories with many ties and missing values.
#include "jobs/screen/judge/judge_state.hpp"
#include "jobs/screen/load/parts.hpp"
#include "jobs/screen/load/sql_engine.hpp"
#include "tests/gen/rng.hpp"
#include "tests/support/database.hpp"
#include "tests/unit/screen/world.hpp"

#include <fmt/format.h>

#include <iterator>
#include <set>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

template <std::size_t n>
std::string one_of(gen::Rng& rng, const char* const (&all)[n]) {
    return all[rng.below(n)];
}

std::string random_feature(gen::Rng& rng, int number) {
    std::string of = one_of(rng, {"count: txn",
                                  "sum: amount",
                                  "distinct: card",
                                  "distinct: amount",
                                  "distinct: event_time",
                                  "min: amount",
                                  "max: amount",
                                  "avg: amount",
                                  "stddev: amount",
                                  "share: txn, of: amount <= 2.00",
                                  "share: txn, of: \"merchant == 'm1'\"",
                                  "last: amount",
                                  "last: merchant",
                                  "last: lat",
                                  "last: card",
                                  "nth_last: customer, n: 2",
                                  "nth_last: amount, n: 3",
                                  "first_at: txn",
                                  "since_last: txn",
                                  "labels: fraud",
                                  "verdicts: declined"});
    std::string line = fmt::format(
        "  f{}: {{{}, by: {}, over: {}s", number, of,
        one_of(rng, {"card", "customer", "merchant", "ip", "[card, merchant]", "[customer, ip]"}),
        1 + rng.below(30));
    if (rng.below(3) == 0)
        line += fmt::format(", lag: {}", one_of(rng, {"1ms", "1s", "4s", "9s"}));
    if (rng.below(2) == 0)
        line += ", where: \"" +
                one_of(rng, {"amount <= 2.00", "merchant != 'm1'", "amount == cur.amount",
                             "amount >= 1.00 and mcc == cur.mcc"}) +
                "\"";
    if (rng.below(2) == 0)
        line += ", current: " + one_of(rng, {"include", "exclude"});
    if (rng.below(3) == 0)
        line += fmt::format(", min_n: {}", rng.below(5));
    return line + "}\n";
}

Ruleset random_ruleset(gen::Rng& rng) {
    std::string features;
    for (int i = 0; i < 24; ++i)
        features += random_feature(rng, i);
    return screen_test::small(
        features, "  - {id: R, when: speed_kmh() > 900 or mcc == '5411', score: 50, reason: x}\n");
}

constexpr std::int64_t k_root = 1, k_alias = 3; // two hashes of one card

void add_row(gen::Rng& rng, screen_test::World& world, int number) {
    static const char* const names[] = {"", "m0", "m1", "m2"}; // a Fact's texts are views
    constexpr std::int64_t k_edge_us = 1'000'000;
    const auto one = [&] { return names[rng.below(4)]; };
    Fact& fact = world.payment(fmt::format("t{}", 1000 + number), "10:00:00", 0);
    fact.event_us += static_cast<std::int64_t>(rng.below(40)) * k_edge_us +
                     static_cast<std::int64_t>(rng.below(8) == 0 ? rng.below(3) : 1) - 1;
    const std::int64_t amounts[] = {
        0, 50, 100, 150, 200, 250, 300, k_base_amount_max, k_base_amount_max + 1};
    fact.amount_minor = amounts[rng.below(std::size(amounts))];
    fact.currency = rng.below(10) == 0 ? "USD" : "EUR"; // no rate: missing
    fact.card_id = static_cast<std::int64_t>(rng.below(4));
    fact.customer = one();
    fact.merchant = one();
    fact.ip = one();
    fact.mcc = rng.below(2) == 0 ? "5411" : "";
    fact.verdict = static_cast<Outcome>(rng.below(4));
    fact.judge = rng.below(5) != 0;
    fact.channel = rng.below(3) == 0 ? "ecom" : "pos";
    fact.received_time = rng.below(8) == 0;
    const std::int32_t places[] = {48'000'000, 48'000'001, 48'300'000, 51'000'000};
    if (rng.below(5) != 0)
        fact.lat = places[rng.below(4)];
    fact.lon = 2'352'200;
    if (rng.below(2) == 0)
        fact.merchant_lat = fact.merchant_lon = places[rng.below(4)];
    for (std::uint64_t label = rng.below(4); label-- > 1;)
        world.labels.push_back(
            {fact.payment_id, rng.below(3) != 0,
             fact.event_us + static_cast<std::int64_t>(rng.below(20)) * k_edge_us});
}

/// The features of a history's judged rows.
struct Computed {
    const History& history;
    const FeatureTable& features;
    /// A text value; of a card all its hashes.
    std::set<std::string_view> texts(const Feature& feature, const FeatureColumn& column,
                                     std::size_t i) const {
        const auto code = static_cast<std::uint32_t>(column.value[i]);
        if (feature.of != Field::card)
            return {history.dictionary(feature.of).text(code)};
        const auto hashes = history.card_hashes(code);
        return {hashes.begin(), hashes.end()};
    }
};

/// `seen`: aggregates with a value of more than one row.
void compare(const Ruleset& ruleset, std::size_t number, const Computed& whole,
             const Computed& other, std::set<Aggregate>& seen) {
    const Feature& feature = ruleset.features[number];
    const FeatureColumn& expected = whole.features.column(number);
    const FeatureColumn& column = other.features.column(number);
    REQUIRE(column.n.size() == expected.n.size());
    REQUIRE(column.value.size() == expected.value.size());
    REQUIRE(column.sum.empty() == expected.sum.empty());
    REQUIRE(column.squares.empty() == expected.squares.empty());
    for (std::size_t i = 0; i < expected.n.size(); ++i) {
        REQUIRE(column.n[i] == expected.n[i]);
        if (expected.n[i] == FeatureColumn::k_missing)
            continue;
        if (expected.n[i] > 1)
            seen.insert(feature.aggregate);
        if (is_text(feature))
            REQUIRE(other.texts(feature, column, i) == whole.texts(feature, expected, i));
        else if (!expected.value.empty())
            REQUIRE(column.value[i] == expected.value[i]);
        if (!expected.sum.empty())
            REQUIRE(column.sum[i] == expected.sum[i]);
        if (!expected.squares.empty())
            REQUIRE(column.squares[i] == expected.squares[i]);
    }
}

/// `gaps`: whether there was time between two positions.
void compare(const Ruleset& ruleset, const Computed& whole, const Computed& other,
             std::set<Aggregate>& seen, std::set<bool>& gaps) {
    for (std::size_t i = 0; i < ruleset.features.size(); ++i) {
        INFO("feature " << i << " " << static_cast<int>(ruleset.features[i].aggregate));
        compare(ruleset, i, whole, other, seen);
    }
    const TravelColumn& expected = whole.features.travel();
    const TravelColumn& travel = other.features.travel();
    REQUIRE(travel.metres.size() == expected.metres.size());
    for (std::size_t i = 0; i < expected.metres.size(); ++i) {
        REQUIRE(travel.metres[i] == expected.metres[i]);
        REQUIRE(travel.gap_us[i] == expected.gap_us[i]);
        if (expected.metres[i] > 0)
            gaps.insert(expected.gap_us[i] > 0);
    }
}

screen_test::World random_world(gen::Rng& rng, std::uint64_t seed) {
    screen_test::World world(random_ruleset(rng));
    for (int i = 0; i < 120; ++i)
        add_row(rng, world, i);
    world.context.label_asof_us = screen_test::instant(seed % 2 == 0 ? "10:00:30" : "10:05:00");
    world.cards.push_back(screen_test::World::card(k_alias));
    world.cards.back().same_as = k_root;
    return world;
}

constexpr std::size_t k_aggregates = 14; // all of them

} // namespace

TEST_CASE("O-37 one statement computes every aggregate like the passes") {
    const test::TempDatabase database(test::TempDatabase::Kind::empty);
    std::set<Aggregate> seen;
    std::set<bool> gaps;
    for (std::uint64_t seed = 1; seed <= 16; ++seed) {
        INFO("seed " << seed);
        gen::Rng rng(seed, gen::stream_of("engine sql"), 0);
        const screen_test::World world = random_world(rng, seed);
        const auto history = world.history();
        REQUIRE(history->judged().size() < history->size());
        Context by_sql = world.context;
        by_sql.features = features_by_sql(database.settings());
        const Judge::State memory(*history, world.ruleset, world.context);
        const Judge::State server(*history, world.ruleset, by_sql);
        compare(world.ruleset, {*history, *memory.features}, {*history, *server.features}, seen,
                gaps);
    }
    CHECK(seen.size() == k_aggregates);
    CHECK(gaps.size() == 2); // elsewhere before, and elsewhere at the same time
    CHECK(database.count("SELECT count(*) FROM pg_class WHERE relname = 'feature_row'") == 0);
}

TEST_CASE("O-37 a history read in parts gives the features of the whole") {
    std::set<Aggregate> seen;
    std::set<bool> gaps;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        gen::Rng rng(seed, gen::stream_of("parts"), 0);
        const screen_test::World world = random_world(rng, seed);
        const auto whole = world.history();
        const Judge::State expected(*whole, world.ruleset, world.context);
        const auto judged = world.history([](const Fact& fact) { return fact.judge; });
        REQUIRE(judged->size() == whole->judged().size());
        const auto parts = static_cast<unsigned>(1 + seed % 5);
        Context in_parts = world.context;
        in_parts.features = features_in_parts(
            *judged, {&world.ruleset}, world.context, parts, [&](const KeyPart& part, const auto&) {
                return world.history([&](const Fact& fact) {
                    std::string_view key;
                    for (const auto& [field, text] : k_text_columns)
                        if (field == part.key)
                            key = fact.*text;
                    const std::string card =
                        std::to_string(fact.card_id == k_alias ? k_root : fact.card_id);
                    if (part.key == Field::card && fact.card_id != 0)
                        key = card;
                    return !key.empty() &&
                           std::hash<std::string_view>()(key) % parts == part.number;
                });
            });
        const Judge::State computed(*judged, world.ruleset, in_parts);
        compare(world.ruleset, {*whole, *expected.features}, {*judged, *computed.features}, seen,
                gaps);
    }
    CHECK(seen.size() == k_aggregates);
    CHECK(gaps.size() == 2);
}

TEST_CASE("a rule set that looks at nothing but the row needs no windows") {
    const test::TempDatabase database(test::TempDatabase::Kind::empty);
    screen_test::World world(
        screen_test::small("", "  - {id: R, when: amount > 1.00, score: 50, reason: x}\n"));
    world.payment("a", "10:00:00", 2);
    world.context.features = features_by_sql(database.settings());
    CHECK(world.judge().at("a").outcome == Outcome::review);
}
