#include "jobs/mids/decide.hpp"
#include "jobs/mids/load.hpp"
#include "jobs/mids/run.hpp"
#include "jobs/mids/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <string>
#include <thread>

using namespace harmonia;
using test::TempDatabase;
using test::TempDir;

namespace {

std::string row(const std::string& mid, const std::string& action = "A",
                const std::string& scheme = "costa", const std::string& provider = "visa",
                const std::string& location = "") {
    return provider + "," + mid + ",PRIMARY," + scheme + "," + location + ",,,Street,AB1," +
           action + "\n";
}

mids::FileReport load(db::Connection& connection, const TempDir& directory,
                      const std::string& text) {
    return mids::load_files(connection, {directory.write("mids.csv", text)}).front();
}

constexpr const char* k_ids_in_order =
    "SELECT coalesce(string_agg(id || '=' || identifier, ' ' ORDER BY id), '') "
    "FROM merchant_identifier";

} // namespace

TEST_CASE("M-83 loading identifiers: counts, ids in file order, repeats") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    const std::string text = "\xEF\xBB\xBF" + row("30") + row("10") + row("99", "R") + row("20") +
                             row("10") + row("05", "A", "itsu", "amex", "S1");
    const auto first = load(*connection, directory, text);
    CHECK(first.exit == Exit::done);
    CHECK(first.in_file == 4);
    CHECK(first.imported == 4);
    CHECK(database.text(k_ids_in_order) == "1=30 2=10 3=20 4=05");
    CHECK(database.text("SELECT string_agg(id || slug, ' ' ORDER BY id) FROM loyalty_scheme") ==
          "1costa 2itsu");
    CHECK(database.text("SELECT string_agg(id || slug, ' ' ORDER BY id) FROM payment_provider") ==
          "1visa 2amex");

    const auto again = load(*connection, directory, text);
    CHECK(again.in_file == 4);
    CHECK(again.imported == 0);
    // Neither repeats nor conflicts burn ids: the next new one is 5.
    const auto more = load(*connection, directory, row("30") + row("40", "A", "wasabi-club"));
    CHECK(more.in_file == 2);
    CHECK(more.imported == 1);
    CHECK(database.count("SELECT id FROM merchant_identifier WHERE identifier = '40'") == 5);
    CHECK(database.count("SELECT id FROM loyalty_scheme WHERE slug = 'wasabi-club'") == 3);
}

TEST_CASE("M-83 a refused file changes nothing and stops no other") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    const auto reports = mids::load_files(
        *connection, {directory.write("bad.csv", row("1") + row("2") + "visa,3,PRIMARY\n"),
                      directory.path() + "/absent.csv", directory.write("good.csv", row("7"))});
    REQUIRE(reports.size() == 3);
    CHECK(reports[0].exit == Exit::data);
    CHECK(reports[0].reason == "line 3: expected 10 columns, found 3");
    CHECK(reports[1].exit == Exit::no_input);
    CHECK(reports[2].imported == 1);
    CHECK(mids::exit_of(reports) == Exit::rejected);
    CHECK(mids::exit_of({reports[0], reports[1]}) == Exit::data);
    CHECK(mids::exit_of({reports[1]}) == Exit::no_input);
    CHECK(mids::exit_of({reports[2]}) == Exit::done);
    CHECK(database.text(k_ids_in_order) == "1=7");
}

TEST_CASE("rows with action D delete, and only what they name") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    load(*connection, directory, row("1") + row("2") + row("1", "A", "costa", "amex"));
    const auto report = load(*connection, directory, row("1", "D") + row("8", "d") + row("3", "A"));
    CHECK(report.deleted == 1);
    CHECK(report.imported == 1);
    CHECK(database.text(k_ids_in_order) == "2=2 3=1 4=3");
    // A deletion alone makes no scheme or provider.
    load(*connection, directory, row("1", "D", "nobody", "nothing"));
    CHECK(database.count("SELECT count(*) FROM loyalty_scheme") == 1);
    CHECK(database.count("SELECT count(*) FROM payment_provider") == 2);
}

TEST_CASE("M-85 deleting by identifier and by location; an update of one that is not there") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    load(*connection, directory,
         row("1") + row("2") + row("3", "A", "costa", "visa", "S1") +
             row("4", "A", "costa", "visa", "S1") + row("5", "A", "costa", "visa", "S2"));
    std::vector<mids::Key> keys{{"visa", "PRIMARY", "1"}, {"visa", "PRIMARY", "2"}};
    CHECK(mids::remove(*connection, keys, {}) == 2);
    CHECK(mids::remove(*connection, keys, {}) == 0);
    CHECK(mids::remove(*connection, {}, {"S1"}) == 2);
    CHECK(database.text(k_ids_in_order) == "5=5");

    CHECK_FALSE(mids::update(*connection, {"visa", "PRIMARY", "1"}, "S9", std::nullopt));
    CHECK(mids::update(*connection, {"visa", "PRIMARY", "5"}, std::nullopt, "B7"));
    CHECK(database.text("SELECT location_id || merchant_internal_id FROM merchant_identifier") ==
          "S2B7");
    mids::Key blank{"visa", "", "5"};
    CHECK(mids::check(blank).error().code == "identifier_type");
}

TEST_CASE("listing is filtered, ordered by id and cut with its total") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    load(*connection, directory,
         row("2") + row("1") + row("1", "A", "costa", "amex") +
             row("1", "A", "itsu", "mastercard"));
    const auto all = mids::list(*connection, {"", "", "", 2});
    CHECK(all.total == 4);
    REQUIRE(all.rows.size() == 2);
    CHECK(all.rows[0].row.key.identifier == "2");
    CHECK_FALSE(all.rows[0].row.location_id);
    CHECK(mids::list(*connection, {"", "costa", "1", 9}).total == 2);
    const auto amex = mids::list(*connection, {"amex", "", "", 9});
    REQUIRE(amex.rows.size() == 1);
    CHECK(amex.rows[0].id == 3);
    CHECK(amex.rows[0].row.scheme == "costa");
}

TEST_CASE("loads that meet take turns: every identifier once, ids without gaps") {
    const TempDatabase database;
    const TempDir directory;
    std::string odd, all;
    for (int i = 1; i <= 300; ++i) {
        all += row(std::to_string(i));
        odd += i % 2 == 1 ? row(std::to_string(i)) : "";
    }
    const std::string files[] = {directory.write("all.csv", all), directory.write("odd.csv", odd)};
    std::uint64_t imported[2] = {0, 0};
    std::thread threads[2];
    for (int i = 0; i < 2; ++i)
        threads[i] = std::thread([&, i] {
            const auto connection = database.connect();
            imported[i] = mids::load_files(*connection, {files[i]}).front().imported;
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(imported[0] + imported[1] == 300);
    CHECK(database.count("SELECT count(*) FROM merchant_identifier") == 300);
    CHECK(database.count("SELECT max(id) FROM merchant_identifier") == 300);
}

TEST_CASE("a hundred thousand identifiers load as one file") {
    const TempDatabase database;
    const TempDir directory;
    const auto connection = database.connect();
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += row(std::to_string(i * 7919 % 1'000'003));
    const auto report = load(*connection, directory, text);
    CHECK(report.imported == 100'000);
    CHECK(database.count("SELECT count(*) FROM merchant_identifier WHERE id <= 100000") == 100'000);
    CHECK(database.count("SELECT id FROM merchant_identifier WHERE identifier = '7919'") == 2);
}
