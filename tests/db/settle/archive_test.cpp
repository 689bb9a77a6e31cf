// `purge-archive accounts`: which balance changes become sums.
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>

using namespace harmonia;
using test::Authority;
using test::Change;

namespace {

const std::string k_old = "1990-01-01T00:00:00Z";

/// With a threshold, 2000-01-01.
struct Old : Authority {
    Old() { settings.archive_threshold_us = 946'684'800'000'000; }
};

using Counts = std::map<std::string, std::int64_t>;
Counts folded(std::int64_t received, std::int64_t sent) {
    return {{"registered_balance_change", received}, {"sent_balance_change", sent}};
}

std::string refusal(const Authority& authority, bool dry_run) {
    try {
        static_cast<void>(authority.fold(dry_run));
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
        return error.what();
    }
    return "";
}

std::string totals(const Authority& authority) {
    return authority.database.text("SELECT string_agg(concat_ws('|', creditor_id, applied, sent), "
                                   "' ' ORDER BY creditor_id) FROM accounts.account_total");
}

std::string folded_before(const Authority& authority) {
    return authority.database.text("SELECT to_char(folded_before AT TIME ZONE 'UTC', "
                                   "'YYYY-MM-DD') FROM accounts.archive");
}

std::string registered(const Authority& authority) {
    return authority.database.text("SELECT string_agg(change_id::text, ',' ORDER BY change_id) "
                                   "FROM accounts.registered_balance_change");
}

/// Everything sent and received becomes old enough to be folded.
void age(const Authority& authority) {
    authority.database.execute(
        "UPDATE accounts.sent_balance_change SET committed_at = '1990-01-01';"
        "UPDATE accounts.registered_balance_change SET committed_at = "
        "'1990-01-01'");
}

} // namespace

TEST_CASE("A-93 a registration that is not applied stays, and goes into the same sum later") {
    const Old authority;
    REQUIRE(authority.take({Change{.id = 1, .delta = 5}.body(), Change{.id = 2, .delta = 7}.body()})
                .empty());
    REQUIRE(authority.settle().counts.changes_applied == 2);
    // The pending change is of today: an old one would make the purge fail.
    REQUIRE(authority.take({Change{.id = 3, .delta = 11}.body()}).empty());
    authority.database.execute("UPDATE accounts.registered_balance_change SET committed_at = "
                               "'1990-01-01' WHERE change_id <> 2");
    CHECK(authority.fold(true) == folded(1, 0));
    CHECK(registered(authority) == "1,2,3");
    CHECK(folded_before(authority) == "1970-01-01");
    CHECK(authority.fold() == folded(1, 0));
    CHECK(registered(authority) == "2,3");
    CHECK(totals(authority) == "1|5|0");
    CHECK(folded_before(authority) == "2000-01-01");
    REQUIRE(authority.settle().counts.changes_applied == 1);
    CHECK(authority.fold() == folded(1, 0));
    CHECK(totals(authority) == "1|16|0");
    CHECK(authority.fold() == folded(0, 0));
    CHECK(authority.broken().empty());
}

TEST_CASE("changes that were sent are folded into the sum of the account that sent them") {
    const Old authority;
    authority.fund(-1, {1, 2}, 40);
    age(authority);
    CHECK(authority.fold() == folded(2, 2));
    CHECK(totals(authority) == "0|0|80 1|40|0 2|40|0");
    CHECK(authority.broken().empty());
}

TEST_CASE("a scan leaves the archive alone, and so does a purge without a threshold") {
    Old authority;
    authority.fund(-1, {1, 2}, 40);
    age(authority);
    static_cast<void>(authority.settle({"scan"}));
    CHECK(authority.database.count("SELECT count(*) FROM accounts.sent_balance_change") == 2);
    authority.settings.archive_threshold_us = 0;
    CHECK(authority.fold().empty());
    CHECK(authority.database.count("SELECT count(*) FROM accounts.sent_balance_change") == 2);
    CHECK(folded_before(authority) == "1970-01-01");
}

TEST_CASE("a threshold later than a change still to be applied or published is refused") {
    const bool dry_run = GENERATE(false, true);
    Old authority;
    authority.settings.archive_threshold_us = 0;
    REQUIRE(authority.take({Change{.id = 3, .committed_at = k_old}.body()}).empty());
    authority.settings.archive_threshold_us = 946'684'800'000'000;
    CHECK_THAT(refusal(authority, dry_run), Catch::Contains("1 balance changes from before"));
    REQUIRE(authority.settle().counts.changes_applied == 1);
    authority.database.execute(
        "INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, body, created_at) VALUES "
        "('accounts', 'PendingBalanceChange', '-1/1', 'accounts_in', '', '', '1990-01-01')");
    CHECK_THAT(refusal(authority, dry_run), Catch::Contains("1 balance changes from before"));
    CHECK(folded_before(authority) == "1970-01-01");
    CHECK(registered(authority) == "3");
    authority.forget();
    CHECK(authority.fold(dry_run) == folded(1, 0));
}

TEST_CASE("purge-archive accounts killed at each of its acts and run again ends the same") {
    // The threshold, then a slice of what was received, then one of what was sent.
    const std::string place =
        GENERATE(as<std::string>{}, "purge_slice_commit:before@1", "purge_slice_commit:after@1",
                 "purge_slice_commit:before@2", "purge_slice_commit:after@2",
                 "purge_slice_commit:before@3", "purge_slice_commit:after@3");
    INFO(place);
    const Authority authority;
    authority.fund(-1, {1, 2}, 40);
    age(authority);
    const test::TempDir directory;
    std::filesystem::create_directory(directory.path() + "/failpoints");
    const std::string rule = directory.write("failpoints/rule", place + " kill\n");
    const auto program = [&](std::map<std::string, std::string> environment) {
        environment["HARMONIA_DATABASE_DSN"] = authority.database.dsn();
        // The original's variable suffices when this is the only area.
        environment["REMOVE_FROM_ARCHIVE_THRESHOLD_DATE"] = "2000-01-01";
        return test::run(
            {{test::program("harmonia"), "purge-archive", "accounts"}, environment, "", 0});
    };
    CHECK(program({{"HARMONIA_FAILPOINT_FILE", rule}}).exit == 128 + 9);
    CHECK(authority.broken().empty());
    const auto done = program({});
    INFO(done.err);
    CHECK(done.exit == 0);
    CHECK(totals(authority) == "0|0|80 1|40|0 2|40|0");
    CHECK(folded_before(authority) == "2000-01-01");
    CHECK(authority.broken().empty());
}
