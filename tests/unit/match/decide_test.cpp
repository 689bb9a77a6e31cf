// Properties of the decision, against a naive reading of the rules.
#include "tests/support/catch.hpp"
#include "tests/unit/match/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

using namespace harmonia;
using namespace harmonia::match;
using Found = std::map<std::string, std::string>;

namespace {

/// Pass after pass over everything, as the specification words it.
Found naive(const Declaration& declaration, Group group) {
    std::sort(group.payments.begin(), group.payments.end(), [](const auto& a, const auto& b) {
        return std::tie(a.date_us, a.network, a.transaction_id) <
               std::tie(b.date_us, b.network, b.transaction_id);
    });
    Found found;
    std::set<std::string_view> used;
    bool first = true, changed = true;
    while (changed) {
        changed = false;
        for (const Payment& payment : group.payments) {
            std::string& result = found[std::string(payment.transaction_id)];
            if (!first && result != "ambiguous")
                continue;
            const Rule* rule = declaration.rule_for(payment.network);
            std::vector<const SchemeRow*> left;
            for (const SchemeRow& row : group.schemes) {
                const Pair pair{payment, row, 0};
                if (!used.contains(row.transaction_id) && all_true(declaration.base, pair) &&
                    all_true(rule->where, pair))
                    left.push_back(&row);
            }
            result = left.empty() ? "none" : "ambiguous";
            const bool allowed =
                std::all_of(rule->fallback_when_empty.begin(), rule->fallback_when_empty.end(),
                            [&](const FieldRef& field) { return !present(field.of(payment)); });
            for (const auto& filter : rule->fallback)
                if (allowed && left.size() > 1)
                    std::erase_if(left, [&](const SchemeRow* row) {
                        return filter->test({payment, *row, 0}) != Truth::yes;
                    });
            if (left.size() != 1)
                continue;
            result = left.front()->transaction_id;
            used.insert(left.front()->transaction_id);
            changed = true;
        }
        first = false;
    }
    return found;
}

/// Crowded on purpose: few places, codes, cards and minutes.
void fill(Table& table, std::mt19937& random, int payments, int schemes) {
    static constexpr std::string_view k_codes[] = {"", "", "111", "222"};
    static constexpr std::string_view k_fours[] = {"", "7890", "1111"};
    static constexpr std::string_view k_mids[] = {"m1", "m2"};
    static constexpr std::string_view k_networks[] = {"visa", "mastercard", "amex"};
    const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
    const auto time = [&] {
        return k_noon + static_cast<std::int64_t>(random() % 20) * 20 * k_second;
    };
    for (int i = 0; i < payments; ++i) {
        Payment& row =
            table.payment("p" + std::to_string(i), time(), std::string(pick(k_networks)));
        row.mid = pick(k_mids);
        row.auth_code = pick(k_codes);
        row.last_four = pick(k_fours);
        row.first_six = row.last_four.empty() ? "" : "123456";
        row.user_last_four = pick(k_fours);
        row.user_first_six = "123456";
        row.has_time = random() % 8 != 0;
    }
    for (int i = 0; i < schemes; ++i) {
        SchemeRow& row =
            table.scheme("s" + std::to_string(i), time(), std::string(pick(k_networks)));
        row.mids = std::span(k_mids).subspan(random() % 2, 1 + random() % 1);
        row.auth_code = pick(k_codes);
        row.last_four = pick(k_fours);
        row.first_six = "123456";
    }
}

const char* const k_merchants[] = {"iceland-bonus-card", "wasabi-club", "costa", "stonegate",
                                   "tgi-fridays"};

} // namespace

TEST_CASE("decisions agree with the naive reading, whatever the order of the rows") {
    std::mt19937 random(20261121);
    std::size_t matched = 0, again = 0;
    for (int round = 0; round < 400; ++round) {
        const auto declaration = shipped(k_merchants[random() % std::size(k_merchants)]);
        Table table;
        fill(table, random, 1 + static_cast<int>(random() % 14), static_cast<int>(random() % 14));
        const Found expected = naive(*declaration, table.group());
        for (int shuffle = 0; shuffle < 4; ++shuffle) {
            CHECK(table.decide(*declaration) == expected);
            std::set<std::uint32_t> used;
            for (const Decision& one : table.decisions)
                if (one.outcome == Outcome::matched)
                    CHECK(used.insert(one.scheme).second);
            again += used.size();
            std::shuffle(table.group().payments.begin(), table.group().payments.end(), random);
            std::shuffle(table.group().schemes.begin(), table.group().schemes.end(), random);
        }
        for (const auto& [id, result] : expected)
            matched += result[0] == 's' ? 1U : 0U;
    }
    CHECK(matched > 200); // the worlds are neither empty nor trivial
    CHECK(again == 4 * matched);
}

TEST_CASE("a long chain of hesitation unwinds wholly") {
    // Payment i may be row i or i + 1; the last payment can only be the last row.
    const auto rule = declared("{where: [{within: 10s}]}");
    Table table;
    constexpr int k_length = 3000;
    for (int i = 0; i < k_length; ++i) {
        table.payment("p" + std::to_string(1000000 + i), k_noon + i * 20 * k_second);
        table.scheme("s" + std::to_string(1000000 + i), k_noon + (i * 20 - 10) * k_second);
    }
    const Found found = table.decide(*rule);
    for (int i = 0; i < k_length; ++i)
        REQUIRE(found.at("p" + std::to_string(1000000 + i)) == "s" + std::to_string(1000000 + i));
}

TEST_CASE("M-65 groups decided on 16 threads give what one thread gives") {
    constexpr int k_groups = 64;
    const auto declaration = shipped("stonegate");
    std::vector<Found> alone(k_groups), together(k_groups);
    const auto work = [&](int g, std::vector<Found>& into) {
        std::mt19937 random(static_cast<unsigned>(g));
        Table table;
        fill(table, random, 20, 20);
        into[static_cast<std::size_t>(g)] = table.decide(*declaration);
    };
    for (int g = 0; g < k_groups; ++g)
        work(g, alone);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 16; ++t)
            threads.emplace_back([&, t] {
                for (int g = t; g < k_groups; g += 16)
                    work(g, together);
            });
    }
    CHECK(alone == together);
}

TEST_CASE("a reason is JSON that names candidates, tests and both values") {
    Table table;
    table.payment("p \"1\"").auth_code = "666666";
    table.scheme("far", k_noon + 600 * k_second).auth_code = "666666";
    table.scheme("near", k_noon + 30 * k_second).auth_code = "666666";
    table.scheme("other code", k_noon).auth_code = "1";
    table.decide(*shipped("iceland-bonus-card"));
    REQUIRE(table.decisions.size() == 1);
    const auto reason = nlohmann::json::parse(table.decisions[0].reason);
    CHECK(reason["p"] == nlohmann::json::array({"2026-03-10T12:00:00Z", 1222, "GBP", "mid-1"}));
    CHECK(reason["n"] == "visa");
    CHECK(reason["c"] == 3);
    CHECK(reason["ok"] == 2);
    CHECK(reason["left"] == nlohmann::json::array({1}));
    CHECK(reason["t"] == "near");
    REQUIRE(reason["l"].size() == 3);
    CHECK(reason["l"][0]["t"] == "near");
    CHECK(reason["l"][0]["ok"] == 1);
    CHECK(reason["l"][0]["w"] ==
          nlohmann::json::parse(R"([["mid",1,"mid-1","mid-1"],["network",1,"visa","visa"],
                                    ["auth_code",1,"666666","666666"],
                                    ["same_day",1,"2026-03-10","2026-03-10"]])"));
    CHECK(reason["l"][1]["f"][0] ==
          nlohmann::json::parse(R"(["within 60s",0,"2026-03-10T12:00:00.000000Z",
                                    "2026-03-10T12:10:00.000000Z"])"));
    CHECK(reason["l"][2]["t"] == "other code");
    CHECK(reason["l"][2]["w"][2] == nlohmann::json::parse(R"(["auth_code",0,"666666","1"])"));
}

TEST_CASE("candidates kept are bounded, counted in all, and say who took them") {
    Table table;
    table.payment("p1");
    table.payment("p2", k_noon + k_second);
    table.scheme("s");
    for (int i = 0; i < 50; ++i)
        table.scheme("far" + std::to_string(i), k_noon + (1000 + i) * k_second);
    table.decide(*shipped("iceland-bonus-card"));
    REQUIRE(table.decisions.size() == 2);
    const auto reason = nlohmann::json::parse(table.decisions[1].reason);
    CHECK(reason["c"] == 51);
    CHECK(reason["ok"] == 1);
    CHECK(reason["l"].size() == k_candidates_kept);
    CHECK(reason["l"][0]["by"] == "p1");
    CHECK(reason["l"][1]["t"] == "far0"); // then the nearest
}

TEST_CASE("a pending payment is reported only when something new is among its candidates") {
    const auto iceland = shipped("iceland-bonus-card");
    Table table;
    table.payment("p").fresh = false;
    table.scheme("old", k_noon + 600 * k_second).fresh = false;
    CHECK(table.decide(*iceland).empty());
    CHECK(table.decide(*iceland, {0, true}) == Found{{"p", "none"}});
    static constexpr std::string_view k_elsewhere[] = {"mid-9"};
    table.scheme("elsewhere").mids = k_elsewhere;
    CHECK(table.decide(*iceland).empty());
    table.scheme("new", k_noon + 900 * k_second);
    CHECK(table.decide(*iceland) == Found{{"p", "none"}});
}
