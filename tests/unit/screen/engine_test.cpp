// The engine compared with the slow evaluator of naive.hpp, on random histories with many ties and
// missing values.
#include "jobs/screen/features/feature.hpp"
#include "tests/gen/rng.hpp"
#include "tests/support/files.hpp"
#include "tests/unit/screen/naive.hpp"
#include "tests/unit/screen/world.hpp"

#include <algorithm>
#include <numeric>

using namespace harmonia;
using namespace harmonia::screen;
using screen_test::Naive;
using screen_test::NaiveRow;

namespace {

std::string pick(gen::Rng& rng, const char* letter, std::uint64_t of) {
    const std::uint64_t which = rng.below(of + 1);
    return which == of ? "" : letter + std::to_string(which);
}

std::vector<NaiveRow> random_rows(std::uint64_t seed) {
    gen::Rng rng(seed, gen::stream_of("screen"), 0);
    std::vector<NaiveRow> rows;
    for (int i = 0; i < 160; ++i) {
        NaiveRow row;
        row.id = "t" + std::to_string(1000 + i);
        row.at =
            screen_test::instant("10:00:00") + static_cast<std::int64_t>(rng.below(60)) * 1'000'000;
        row.amount = rng.below(12) == 0 ? -1 : static_cast<std::int64_t>(rng.below(9) * 50 + 50);
        row.card = pick(rng, "", 4);
        row.customer = pick(rng, "c", 4);
        row.merchant = pick(rng, "m", 3);
        row.ip = pick(rng, "i", 2);
        row.terminal = pick(rng, "t", 2);
        row.verdict = static_cast<Outcome>(rng.below(4));
        for (std::uint64_t label = rng.below(4); label-- > 1;)
            row.labels.push_back(
                {row.at + static_cast<std::int64_t>(rng.below(20)) * 1'000'000, rng.below(3) != 0});
        rows.push_back(row);
    }
    return rows;
}

screen_test::World world_of(const std::vector<NaiveRow>& rows, std::int64_t asof) {
    screen_test::World world(
        Ruleset::parse(harmonia::test::file_text(harmonia::test::source_root() /
                                                 "tests/screening/aggregates.yaml"),
                       "aggregates.yaml"));
    world.context.label_asof_us = asof;
    for (const NaiveRow& row : rows) {
        Fact& fact = world.payment(row.id, "10:00:00", 0);
        fact.event_us = row.at;
        fact.amount_minor = row.amount < 0 ? 100 : row.amount;
        fact.currency = row.amount < 0 ? "USD" : "EUR"; // no rate: missing
        fact.card_id = row.card.empty() ? 0 : std::stoi(row.card) + 1;
        fact.customer = row.customer;
        fact.merchant = row.merchant;
        fact.ip = row.ip;
        fact.terminal = row.terminal;
        fact.verdict = row.verdict;
        for (const auto& [known, fraud] : row.labels)
            world.labels.push_back({fact.payment_id, fraud, known});
    }
    return world;
}

bool passes(const std::string& name, const NaiveRow& row) {
    if (name == "n_tiny" || name == "tiny of")
        return row.amount >= 0 && row.amount <= 200;
    if (name == "n_same")
        return !row.merchant.empty() && row.merchant != "m1";
    return name != "last_c" || row.merchant == "m1";
}

std::map<std::string, std::string> digests(const screen_test::World& world, unsigned threads,
                                           std::size_t chunk) {
    Context context = world.context;
    context.threads = threads;
    const auto history = world.history();
    const Judge judge(*history, world.ruleset, context);
    std::vector<RuleCount> counts;
    std::map<std::string, std::string> found;
    for (std::size_t at = 0; at < judge.size(); at += chunk)
        for (const Judgement& each : judge.judge(at, std::min(chunk, judge.size() - at), counts))
            found[std::string(history->external_id(each.row))] =
                hex({reinterpret_cast<const char*>(each.digest.data()), each.digest.size()});
    return found;
}

} // namespace

TEST_CASE("every aggregate equals the slow evaluator's, bit for bit, on random histories") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const auto rows = random_rows(seed);
        const std::int64_t asof = screen_test::instant(seed % 2 == 0 ? "10:00:30" : "10:05:00");
        const screen_test::World world = world_of(rows, asof);
        const auto history = world.history();
        const auto& features = world.ruleset.features;
        const auto mask = [&](const Formula& formula) {
            RowMask out;
            for (const Feature& feature : features) {
                const bool share =
                    &formula == &feature.share_of && feature.aggregate == Aggregate::share;
                for (std::size_t row = 0;
                     row < history->size() && (share || &formula == &feature.where); ++row)
                    out.push_back(
                        passes(feature.name + (share ? " of" : ""),
                               rows[static_cast<std::size_t>(history->payment_id(row)) - 1]));
            }
            return out;
        };
        for (const unsigned threads : {1U, 4U}) {
            const FeatureTable table(FeatureInput{*history, world.ruleset, asof, threads, mask});
            const Naive naive(rows, asof);
            for (std::size_t f = 0; f < features.size(); ++f) {
                for (std::size_t row = 0; row < history->size(); ++row) {
                    const auto self = static_cast<std::size_t>(history->payment_id(row)) - 1;
                    const auto expected = naive.value(
                        features[f], self,
                        [&](const NaiveRow& r) { return passes(features[f].name, r); },
                        [](const NaiveRow& r) { return passes("tiny of", r); });
                    const FeatureColumn& column = table.column(f);
                    INFO("seed " << seed << " " << features[f].name << " of " << rows[self].id);
                    REQUIRE((column.n[row] == FeatureColumn::k_missing) == expected.missing);
                    if (expected.missing)
                        continue;
                    REQUIRE(column.n[row] == expected.n);
                    if (!column.sum.empty())
                        REQUIRE(column.sum[row] == expected.sum);
                    if (!column.squares.empty())
                        REQUIRE(column.squares[row] == expected.squares);
                    if (features[f].name == "last_c")
                        REQUIRE(history->dictionary(Field::customer)
                                    .text(static_cast<std::uint32_t>(column.value[row])) ==
                                expected.text);
                    else if (!column.value.empty())
                        REQUIRE(column.value[row] == expected.value);
                }
            }
        }
    }
}

TEST_CASE("O-36 one thread or eight, any order of arrival, any chunks: the same digests") {
    const auto rows = random_rows(99);
    const auto expected = digests(world_of(rows, k_ever_us), 1, 1000);
    REQUIRE(expected.size() == rows.size());
    CHECK(digests(world_of(rows, k_ever_us), 8, 7) == expected);
    auto reversed = rows;
    std::reverse(reversed.begin(), reversed.end());
    CHECK(digests(world_of(reversed, k_ever_us), 3, 50) == expected);
    auto changed = rows;
    changed[5].amount = changed[5].amount == 400 ? 450 : 400;
    CHECK(digests(world_of(changed, k_ever_us), 1, 1000) != expected);
}

TEST_CASE("a history of only the rows that a row can see gives the same digest") {
    const auto rows = random_rows(7);
    const auto expected = digests(world_of(rows, k_ever_us), 1, 1000);
    for (std::size_t self = 0; self < rows.size(); self += 9) {
        std::vector<NaiveRow> seen;
        for (const NaiveRow& row : rows)
            if (row.at <= rows[self].at &&
                (row.card == rows[self].card || row.customer == rows[self].customer ||
                 row.merchant == rows[self].merchant || row.ip == rows[self].ip ||
                 row.terminal == rows[self].terminal))
                seen.push_back(row);
        screen_test::World world = world_of(seen, k_ever_us);
        for (Fact& fact : world.facts)
            fact.judge = fact.external_id == rows[self].id;
        const auto found = digests(world, 1, 10);
        REQUIRE(found.size() == 1);
        CHECK(found.at(rows[self].id) == expected.at(rows[self].id));
    }
}

TEST_CASE("an explanation shows the record that was digested") {
    const auto rows = random_rows(3);
    const screen_test::World world = world_of(rows, k_ever_us);
    const auto history = world.history();
    const Judge judge(*history, world.ruleset, world.context);
    std::vector<RuleCount> counts;
    const auto verdicts = judge.judge(0, judge.size(), counts);
    std::size_t explained_hits = 0;
    for (std::size_t i = 0; i < judge.size(); ++i) {
        const Explanation explanation = judge.explain(i);
        CHECK(explanation.judgement.digest == verdicts[i].digest);
        CHECK(sha256_hex(explanation.record) ==
              hex({reinterpret_cast<const char*>(verdicts[i].digest.data()), 32}));
        for (std::size_t f = 0; f < explanation.features.size(); ++f)
            if (world.ruleset.features[f].aggregate == Aggregate::count &&
                explanation.features[f].value != "missing")
                CHECK(explanation.features[f].value ==
                      std::to_string(explanation.features[f].rows));
        explained_hits += explanation.judgement.hits.size();
    }
    CHECK(explained_hits > 20);
}
