// The baselines of the Fraud Detection Handbook: the engine against one SQL statement of window
// functions (tests/screening/handbook.sql), on a generated history, and on the public set where
// HARMONIA_HANDBOOK_DIR names a folder with it as transactions.csv: its daily pickles, put together
// in pandas by `pd.concat(map(pd.read_pickle, sorted(files)))` and written by
// `.to_csv("transactions.csv", index=False, float_format="%.2f")`. Its licence is unknown: it is
// not part of this repository.
#include "core/base/text.hpp"
#include "core/money/decimal.hpp"
#include "core/time/format.hpp"
#include "jobs/screen/backtest/backtest.hpp"
#include "jobs/screen/backtest/report.hpp"
#include "tests/gen/history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

struct Payment {
    std::int64_t event_us, amount_minor;
    std::string customer, terminal;
    bool fraud;
};

std::vector<Payment> generated() {
    std::vector<Payment> payments;
    for (const auto& each : gen::make_history({.customers = 500, .terminals = 1'000, .days = 100}))
        payments.push_back({each.event_us, each.amount_minor, "c" + std::to_string(each.customer),
                            "t" + std::to_string(each.terminal), each.scenario != 0});
    return payments;
}

std::vector<Payment> handbook(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::string line;
    REQUIRE(std::getline(file, line));
    std::map<std::string, std::size_t, std::less<>> columns;
    for (const auto name : split(trim(line), ','))
        columns.emplace(name, columns.size());
    std::vector<Payment> payments;
    while (std::getline(file, line)) {
        const auto cells = split(trim(line), ',');
        const auto cell = [&](const char* name) { return cells.at(columns.at(name)); };
        const auto at = time::parse_iso(cell("TX_DATETIME"));
        const auto amount = money::parse_decimal(cell("TX_AMOUNT"));
        REQUIRE(at);
        REQUIRE(amount);
        REQUIRE(amount->scale <= 2);
        std::int64_t minor = amount->coefficient;
        for (int scale = amount->scale; scale < 2; ++scale)
            minor *= 10;
        payments.push_back({at->instant(time::Zone::utc()), minor, std::string(cell("CUSTOMER_ID")),
                            std::string(cell("TERMINAL_ID")), cell("TX_FRAUD") == "1"});
    }
    return payments;
}

using Counts = std::map<std::string, std::vector<std::string>>; ///< by rule set

Counts by_sql(const std::vector<Payment>& payments) {
    const test::TempDatabase database(test::TempDatabase::Kind::empty);
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    tx.exec("CREATE TEMP TABLE history (number bigint, event_us bigint, customer text, terminal "
            "text, amount_minor bigint, fraud boolean)");
    {
        db::CopyIn copy(tx, "history",
                        {"number", "event_us", "customer", "terminal", "amount_minor", "fraud"});
        for (std::size_t i = 0; i < payments.size(); ++i) {
            const Payment& each = payments[i];
            copy.field(i).field(each.event_us).field(each.customer).field(each.terminal);
            copy.field(each.amount_minor).field(each.fraud);
            copy.end_row();
        }
        copy.finish();
    }
    const auto statement = test::source_root() / "tests/screening/handbook.sql";
    const auto rows = tx.exec(test::file_text(statement));
    Counts counts;
    for (std::size_t row = 0; row < rows.size(); ++row)
        for (std::size_t column = 1; column < rows.columns(); ++column)
            counts[std::string(rows.text(row, 0))].emplace_back(rows.text(row, column));
    return counts;
}

BacktestReport by_engine(const std::vector<Payment>& payments, const std::string& name) {
    const std::string file = name + ".yaml";
    const Ruleset ruleset =
        Ruleset::parse(test::file_text(test::source_root() / "tests/screening" / file), file);
    History history(ruleset.fields(), "EUR");
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const std::string id = "h" + std::to_string(i);
        Fact fact;
        fact.payment_id = static_cast<std::int64_t>(i) + 1;
        fact.source = "handbook";
        fact.feed_type = "AUTH";
        fact.external_id = id;
        fact.event_us = payments[i].event_us;
        fact.amount_minor = payments[i].amount_minor;
        fact.currency = "EUR";
        fact.customer = payments[i].customer;
        fact.terminal = payments[i].terminal;
        fact.judge = true;
        history.append(fact);
        if (payments[i].fraud)
            history.add_label({fact.payment_id, true, fact.event_us});
    }
    history.finish();
    Context context;
    context.threads = 2;
    const Judge judge(history, ruleset, context);
    Backtest test(ruleset, {});
    std::vector<RuleCount> counts;
    for (std::size_t at = 0; at < judge.size(); at += 50'000)
        test.add(history,
                 judge.judge(at, std::min<std::size_t>(50'000, judge.size() - at), counts));
    return test.finish(counts);
}

std::vector<std::string> numbers(const BacktestReport& report) {
    const Confusion& all = report.all;
    return {std::to_string(all.true_positive.rows + all.false_positive.rows),
            std::to_string(all.true_positive.rows), std::to_string(all.false_positive.rows),
            std::to_string(all.false_negative.rows), print(all.true_positive.money)};
}

void compare_with_sql(const std::vector<Payment>& payments) {
    const Counts counts = by_sql(payments);
    REQUIRE(counts.size() == 6);
    for (const auto& [name, expected] : counts) {
        INFO(name);
        CHECK(expected[0] != "0");
        CHECK(numbers(by_engine(payments, name)) == expected);
    }
}

} // namespace

TEST_CASE("O-44 O-45 O-46 the handbook's baselines: equal to SQL to the last digit") {
    const auto payments = generated();
    compare_with_sql(payments);
    const BacktestReport fourth = by_engine(payments, "hb4");
    CHECK((compare(*fourth.all.precision(), Rational{30, 100}) < 0));
    CHECK_FALSE(fourth.gate_passed);
}

TEST_CASE("the layout of the public data set is read") {
    const test::TempDir directory;
    const std::string path = directory.path() + "/transactions.csv";
    std::ofstream(path) << "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,"
                           "TX_TIME_SECONDS,TX_TIME_DAYS,TX_FRAUD,TX_FRAUD_SCENARIO\n"
                           "0,2018-04-01 00:00:31,596,3156,57.16,31,0,0,0\n"
                           "1,2018-04-01 00:02:10,4961,3412,81.5,130,0,1,1\n";
    const auto payments = handbook(path);
    REQUIRE(payments.size() == 2);
    CHECK(payments[0].event_us == 1'522'540'831'000'000);
    CHECK(payments[0].amount_minor == 5716);
    CHECK(payments[1].amount_minor == 8150);
    CHECK(payments[1].customer == "4961");
    CHECK(payments[1].fraud);
}

TEST_CASE("O-44 O-45 O-46 the public data set gives its known numbers") {
    const char* directory = std::getenv("HARMONIA_HANDBOOK_DIR");
    if (directory == nullptr)
        return;
    const auto payments = handbook(std::filesystem::path(directory) / "transactions.csv");
    CHECK(payments.size() == 1'754'155);
    struct Known {
        const char *name, *hits, *true_positive, *precision, *recall, *by_value;
    };
    for (const Known& known : {Known{"hb1", "3258", "3258", "1.0000", "0.2219", "0.6192"},
                               Known{"hb2", "3205", "3058", "0.9541", "0.2083", "0.5111"},
                               Known{"hb3", "15179", "5778", "0.3807", "0.3936", "0.1667"},
                               Known{"hb4", "21151", "165", "0.0078", "0.0112", "0.0106"},
                               Known{"hb-any", "19664", "10116", "0.5144", "0.6891", "0.8473"},
                               Known{"hb-score", "3459", "3337", "0.9647", "0.2273", "0.6219"}}) {
        INFO(known.name);
        const BacktestReport report = by_engine(payments, known.name);
        CHECK(numbers(report)[0] == known.hits);
        CHECK(numbers(report)[1] == known.true_positive);
        CHECK(ratio_text(report.all.precision()) == known.precision);
        CHECK(ratio_text(report.all.recall()) == known.recall);
        CHECK(ratio_text(report.all.value_recall()) == known.by_value);
    }
    compare_with_sql(payments);
}
