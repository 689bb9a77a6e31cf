// Back-tests on a generated history, compared with counts over the payments without the engine.
#include "jobs/screen/backtest/backtest.hpp"
#include "jobs/screen/backtest/report.hpp"
#include "tests/gen/history.hpp"
#include "tests/support/files.hpp"
#include "tests/unit/screen/world.hpp"

#include <algorithm>
#include <array>
#include <map>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

constexpr std::int64_t k_day = 86'400'000'000;

const std::vector<gen::HistoryPayment>& payments() {
    static const auto made = gen::make_history({.customers = 300,
                                                .terminals = 600,
                                                .days = 90,
                                                .compromised_terminals = 1,
                                                .compromised_customers = 1});
    return made;
}

Ruleset rules(const std::string& name) {
    return Ruleset::parse(harmonia::test::file_text(harmonia::test::source_root() /
                                                    "tests/screening" / (name + ".yaml")),
                          name + ".yaml");
}

std::unique_ptr<History> history_of(const Ruleset& ruleset) {
    auto history = std::make_unique<History>(ruleset.fields(), "EUR");
    for (const auto& payment : payments()) {
        const std::string id = "h" + std::to_string(payment.number);
        const std::string customer = "c" + std::to_string(payment.customer);
        const std::string terminal = "t" + std::to_string(payment.terminal);
        Fact fact;
        fact.payment_id = payment.number + 1;
        fact.source = "sim";
        fact.feed_type = "AUTH";
        fact.external_id = id;
        fact.event_us = payment.event_us;
        fact.amount_minor = payment.amount_minor;
        fact.currency = "EUR";
        fact.kind = payment.amount_minor == 0 ? "verification" : "purchase";
        fact.customer = customer;
        fact.terminal = terminal;
        fact.judge = true;
        history->append(fact);
        if (payment.scenario != 0)
            history->add_label({fact.payment_id, true, payment.event_us});
    }
    history->finish();
    return history;
}

BacktestReport backtest(const std::string& name, const BacktestOptions& options = {}) {
    const Ruleset ruleset = rules(name);
    const auto history = history_of(ruleset);
    Context context;
    context.threads = 2;
    const Judge judge(*history, ruleset, context);
    Backtest test(ruleset, options);
    std::vector<RuleCount> counts;
    for (std::size_t at = 0; at < judge.size(); at += 10'000)
        test.add(*history,
                 judge.judge(at, std::min<std::size_t>(10'000, judge.size() - at), counts));
    return test.finish(counts);
}

// Payments of one customer or terminal, so that the loops below end.
const std::vector<std::size_t>& of_same(int baseline, std::size_t self) {
    static std::map<std::uint32_t, std::vector<std::size_t>> customers, terminals;
    if (customers.empty())
        for (std::size_t i = 0; i < payments().size(); ++i) {
            customers[payments()[i].customer].push_back(i);
            terminals[payments()[i].terminal].push_back(i);
        }
    return baseline == 3 ? terminals[payments()[self].terminal]
                         : customers[payments()[self].customer];
}

// Which payments each baseline hits, by plain loops.
bool hits(int baseline, std::size_t self) {
    const auto& now = payments()[self];
    if (baseline == 1)
        return now.amount_minor > 22'000;
    std::int64_t sum = 0, rows = 0;
    for (const std::size_t i : of_same(baseline, self)) {
        const auto& row = payments()[i];
        const std::int64_t age = now.event_us - row.event_us;
        const bool counts = age >= 0 && (baseline == 2   ? i != self && age <= 30 * k_day
                                         : baseline == 3 ? row.scenario != 0 && age >= 7 * k_day &&
                                                               age <= 35 * k_day
                                                         : age <= k_day);
        rows += counts ? 1 : 0;
        sum += counts ? row.amount_minor : 0;
    }
    return baseline == 2   ? rows >= 5 && now.amount_minor * rows > 3 * sum
           : baseline == 3 ? rows >= 3
                           : rows >= 9;
}

struct Expected {
    std::uint64_t true_positive = 0, false_positive = 0, frauds = 0;
    std::int64_t caught = 0;
};
template <typename Positive>
Expected expected(Positive positive) {
    Expected found;
    for (std::size_t i = 0; i < payments().size(); ++i) {
        const bool fraud = payments()[i].scenario != 0;
        found.frauds += fraud ? 1 : 0;
        if (!positive(i))
            continue;
        ++(fraud ? found.true_positive : found.false_positive);
        found.caught += fraud ? payments()[i].amount_minor : 0;
    }
    return found;
}

void check(const BacktestReport& report, const Expected& wanted) {
    CHECK(report.all.rows() == payments().size());
    CHECK(report.all.true_positive.rows == wanted.true_positive);
    CHECK(report.all.false_positive.rows == wanted.false_positive);
    CHECK(report.all.false_negative.rows == wanted.frauds - wanted.true_positive);
    CHECK((report.all.true_positive.money == wanted.caught));
}

// Hits of the baselines, computed once.
const std::vector<std::array<bool, 5>>& all_hits() {
    static const auto made = [] {
        std::vector<std::array<bool, 5>> table(payments().size());
        for (std::size_t i = 0; i < table.size(); ++i)
            for (int baseline = 1; baseline <= 4; ++baseline)
                table[i][static_cast<std::size_t>(baseline)] = hits(baseline, i);
        return table;
    }();
    return made;
}

} // namespace

TEST_CASE("the handbook's rules on a generated history equal counts by plain loops") {
    REQUIRE(payments().size() > 20'000);
    const auto& table = all_hits();
    for (std::size_t baseline = 1; baseline <= 4; ++baseline) {
        INFO("HB" << baseline);
        const auto wanted = expected([&](std::size_t i) { return table[i][baseline]; });
        REQUIRE(wanted.true_positive + wanted.false_positive > 50);
        const BacktestReport report = backtest("hb" + std::to_string(baseline));
        check(report, wanted);
        CHECK(report.rules[0].hits == wanted.true_positive + wanted.false_positive);
        CHECK(report.rules[0].unique_true_positive == wanted.true_positive);
    }
    const BacktestReport any = backtest("hb-any");
    check(any, expected([&](std::size_t i) { return table[i][1] || table[i][2] || table[i][3]; }));
    check(backtest("hb-score"), expected([&](std::size_t i) {
              const auto& hit = table[i];
              return 60 * hit[1] + 35 * hit[2] + 50 * hit[3] + 10 * hit[4] >= 60;
          }));
    std::uint64_t only_first = 0, first_and_second = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        only_first += payments()[i].scenario != 0 && table[i][1] && !table[i][2] && !table[i][3];
        first_and_second += table[i][1] && table[i][2];
    }
    CHECK(any.rules[0].unique_true_positive == only_first);
    CHECK(any.overlap.at({"HB1", "HB2"}) == first_and_second);
}

// What the shipped rules must find for a payment with only customer, terminal and amount: a mean
// (35) and a spread (25) of the customer, capped at 50, frauds known at the terminal (50), a night
// with little history (15). Review starts at 40.
bool shipped_positive(std::size_t self) {
    const auto& now = payments()[self];
    std::int64_t n30 = 0, sum30 = 0, n90 = 0;
    Int128 sum90 = 0, squares90 = 0;
    for (const std::size_t i : of_same(2, self)) {
        const auto& row = payments()[i];
        const std::int64_t age = now.event_us - row.event_us;
        if (age < 0 || i == self || age > 90 * k_day)
            continue;
        ++n90;
        sum90 += row.amount_minor;
        squares90 += Int128{row.amount_minor} * row.amount_minor;
        if (age <= 30 * k_day) {
            ++n30;
            sum30 += row.amount_minor;
        }
    }
    const Int128 above = Int128{now.amount_minor} * n90 - sum90;
    const bool mean = n30 >= 5 && now.amount_minor * n30 > 3 * sum30;
    const bool spread =
        n90 >= 10 && above > 0 && above * above > 9 * (n90 * squares90 - sum90 * sum90);
    const bool terminal = hits(3, self);
    const std::int64_t hour =
        (now.event_us + 2 * 3'600'000'000) / 3'600'000'000 % 24; // summer time of Berlin
    const bool night = hour <= 4 && now.amount_minor > 30'000 && n30 < 3;
    const int score = std::min(50, 35 * mean + 25 * spread) + 50 * terminal + 15 * night;
    return score >= 40;
}

TEST_CASE("the shipped rule set finds the frauds that its rules can find") {
    const Ruleset ruleset = screen_test::cards();
    const auto history = history_of(ruleset);
    Context context;
    for (const std::string& list : ruleset.managed_lists())
        context.lists.push_back({list, {}});
    const Judge judge(*history, ruleset, context);
    BacktestOptions options;
    options.review_is_positive = true;
    Backtest test(ruleset, options);
    std::vector<RuleCount> counts;
    test.add(*history, judge.judge(0, judge.size(), counts));
    const BacktestReport report = test.finish(counts);
    check(report, expected(shipped_positive));
    // Most frauds are found, and a stopped row is three times as likely to be a fraud as any row.
    const Rational frauds{report.all.true_positive.rows + report.all.false_negative.rows,
                          report.all.rows()};
    CHECK((compare(*report.all.recall(), {1, 2}) > 0));
    CHECK((compare(*report.all.precision(), *multiply(frauds, {3, 1})) > 0));
}

TEST_CASE("the gate requires precision and few stops") {
    BacktestOptions options;
    options.max_stopped = {1, 1};
    const BacktestReport good = backtest("hb1", options);
    CHECK(ratio_text(good.all.precision()) == "1.0000");
    CHECK(good.gate_passed);
    options.max_stopped = {1, 100'000};
    CHECK(!backtest("hb1", options).gate_passed);
    options.max_stopped = {1, 1};
    const BacktestReport poor = backtest("hb4", options);
    CHECK(!poor.gate_passed);
    CHECK(poor.gate_text.find("< 0.30") != std::string::npos);
}

TEST_CASE("rows before the period only feed windows; rows that are not mature are counted apart") {
    BacktestOptions options;
    const std::int64_t begin = payments().front().event_us / k_day * k_day;
    options.from_us = begin + 45 * k_day;
    options.now_us = begin + 90 * k_day;
    options.mature_us = 30 * k_day;
    const BacktestReport report = backtest("hb1", options);
    std::uint64_t warm_up = 0, young = 0, frauds = 0;
    for (const auto& payment : payments())
        if (payment.event_us < options.from_us)
            ++warm_up;
        else if (payment.scenario != 0)
            ++frauds;
        else if (payment.event_us > options.now_us - options.mature_us)
            ++young;
    CHECK(report.warm_up == warm_up);
    CHECK(report.young == young);
    CHECK(report.all.true_positive.rows + report.all.false_negative.rows == frauds);
    CHECK(report.all.rows() == payments().size() - warm_up - young);
    std::uint64_t in_weeks = 0;
    for (const WeekReport& week : report.weeks)
        in_weeks += week.rows;
    CHECK(in_weeks == report.all.rows());
}

TEST_CASE("against a baseline; as text, JSON and a page that needs nothing else") {
    const Ruleset before = rules("hb1");
    const Ruleset after = rules("hb-any");
    const auto history = history_of(after);
    const Context context;
    const Judge old_judge(*history, before, context);
    const Judge new_judge(*history, after, context);
    std::vector<RuleCount> old_counts, counts;
    const auto old_verdicts = old_judge.judge(0, old_judge.size(), old_counts);
    const auto verdicts = new_judge.judge(0, new_judge.size(), counts);
    Backtest test(after, {});
    test.add(*history, verdicts);
    test.add_baseline(*history, before, old_verdicts, verdicts);
    const BacktestReport report = test.finish(counts);
    REQUIRE(report.changes);
    const auto& approved = report.changes->outcomes[1];
    CHECK(approved[3] == report.outcomes[3] - old_counts[0].hits);
    CHECK(report.changes->outcomes[3][1] == 0);
    CHECK(report.changes->hits.at("HB1").first == report.changes->hits.at("HB1").second);
    CHECK(report.changes->hits.at("HB2").first == 0);
    const std::string text = print_backtest(report);
    CHECK(text.find("precision " + ratio_text(report.all.precision())) != std::string::npos);
    const std::string html = backtest_html(report);
    CHECK(html.find("<svg") != std::string::npos);
    CHECK(html.find("http") == std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
    const std::string json = backtest_json(report);
    CHECK(json.find("\"hits\":" + std::to_string(counts[0].hits)) != std::string::npos);
}
