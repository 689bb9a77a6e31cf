// What becomes due with time. Time passes by moving the rows' own instants into the past.
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace harmonia;
using test::Authority;
using test::Change;
using test::Finalize;
using test::Prepare;

namespace {

void set(const Authority& authority, long long creditor, const std::string& assignments) {
    authority.database.execute(
        fmt::format("UPDATE accounts.account SET {} WHERE debtor_id = -1 AND creditor_id = {}",
                    assignments, creditor));
}

settle::accounts::Counts scan(const Authority& authority) {
    return authority.settle({"scan"}).counts;
}

} // namespace

TEST_CASE("A-88 an account that was deleted long ago is purged") {
    const Authority authority;
    for (const long long creditor : {1, 2, 3})
        authority.configure(-1, creditor);
    authority.forget();
    const char* gone = "status_flags = 1, last_change_ts = now() - interval '{}', creation_date = "
                       "current_date - 4, last_transfer_id = (current_date - 4 - date '1970-01-01')"
                       "::bigint << 40";
    const auto deleted = [&](long long creditor, const char* since) {
        set(authority, creditor, fmt::format(fmt::runtime(gone), since));
    };
    deleted(1, "106 days 5 seconds");
    deleted(2, "105 days 23 hours");
    deleted(3, "107 days");
    set(authority, 3,
        "creation_date = current_date - 3, last_transfer_id = (current_date - 3 - "
        "date '1970-01-01')::bigint << 40");
    CHECK(scan(authority).purged == 1);
    CHECK(authority.of(-1, 1, "principal").empty());
    CHECK(authority.of(-1, 2, "principal") == "0");
    CHECK(authority.of(-1, 3, "principal") == "0");
    CHECK(authority.published("AccountPurge").size() == 1);
    CHECK(authority.last("AccountPurge", "creditor_id") == "1");
}

TEST_CASE("A-89 pending updates and heartbeats are sent once") {
    const Authority authority;
    for (const long long creditor : {1, 2, 3})
        authority.configure(-1, creditor);
    authority.forget();
    set(authority, 1, "last_heartbeat_ts = now() - interval '7 days 5 seconds'");
    set(authority, 2, "last_heartbeat_ts = now() - interval '6 days 23 hours'");
    set(authority, 3, "pending_account_update = true");
    CHECK(scan(authority).heartbeats == 2);
    CHECK(authority.published("AccountUpdate").size() == 2);
    CHECK(scan(authority).heartbeats == 0);
    CHECK(authority.of(-1, 3, "last_change_seqnum") == "1");
}

TEST_CASE("A-86 A-91 scheduled accounts with a negligible balance are deleted") {
    const Authority authority;
    authority.fund(-1, {1, 2, 3}, 2);
    REQUIRE(authority.take({Change{.creditor = 2, .id = 9, .delta = 1}.body()}).empty());
    REQUIRE(authority.settle().counts.changes_applied == 1);
    for (const long long creditor : {1, 2})
        set(authority, creditor, "config_flags = 1");
    CHECK(scan(authority).deleted == 1);
    CHECK(authority.of(-1, 1, "concat(principal, ' ', status_flags)") == "0 1");
    CHECK(authority.of(-1, 2, "concat(principal, ' ', status_flags)") == "3 0");
    CHECK(authority.of(-1, 3, "concat(principal, ' ', status_flags)") == "2 0");
    CHECK(authority.last("AccountTransfer", "coordinator_type") == "delete");
    set(authority, 2, "negligible_amount = 3");
    CHECK(scan(authority).deleted == 1);
    REQUIRE(authority.settle().counts.changes_applied == 2); // to the root account
    CHECK(authority.of(-1, 0, "principal") == "-1");         // 1 came from elsewhere
    CHECK(authority.broken().empty());
}

TEST_CASE("A-87 a deletion that fails is recorded as an attempt; a root with money stays") {
    const Authority authority;
    authority.fund(-1, {1, 2, 1234}, 2);
    REQUIRE(authority.take({Prepare{.sender = 1, .min = 1, .max = 1}.body()}).empty());
    REQUIRE(authority.settle().counts.prepared == 1);
    for (const long long creditor : {0, 1, 2})
        set(authority, creditor, "config_flags = 1");
    set(authority, 2, "last_deletion_attempt_ts = now() - interval '13 days'");
    CHECK(scan(authority).deleted == 0);
    const auto attempted = [&](long long creditor) {
        return authority.of(-1, creditor, "(last_deletion_attempt_ts > now() - interval '1 day')");
    };
    CHECK(attempted(0) == "false"); // its principal is not zero: not even tried
    CHECK(attempted(1) == "true");  // its transfer is open
    CHECK(attempted(2) == "false"); // not yet again
    CHECK(attempted(1234) == "false");
    CHECK(authority.of(-1, 1, "status_flags") == "0");
    // The transfer was the only obstacle; the next attempt is due in 14 days.
    set(authority, 1, "last_deletion_attempt_ts = now() - interval '15 days'");
    const std::string transfer = authority.last("PreparedTransfer", "transfer_id");
    REQUIRE(authority
                .take({Finalize{.sender = 1, .transfer = std::stoll(transfer), .amount = 0}.body()})
                .empty());
    REQUIRE(authority.settle().counts.dismissed == 1);
    CHECK(scan(authority).deleted == 1);
    CHECK(authority.of(-1, 1, "status_flags") == "1");
    CHECK(authority.broken().empty());
}

TEST_CASE("A-80 A-90 interest is capitalized, and its owner notified of the result") {
    const Authority authority;
    authority.fund(-1, {1, 2}, 1'000'000);
    set(authority, 1, "interest = 101");
    set(authority, 2, "interest = 100");
    CHECK(scan(authority).capitalized == 1);
    CHECK(authority.of(-1, 1, "principal") == "1000101");
    CHECK(authority.of(-1, 2, "principal") == "1000000");
    CHECK(authority.of(-1, 1, "pending_account_update") == "false");
    REQUIRE(authority.settle().counts.changes_applied == 1);
    CHECK(authority.of(-1, 0, "principal") == "-2000101");
    set(authority, 1, "interest = 5000");
    CHECK(scan(authority).capitalized == 0); // not again within 14 days
    CHECK(authority.broken().empty());
}

TEST_CASE("A-84 accounts follow a root that changed its rate, at most every 8 days") {
    const Authority authority;
    authority.configure(-1, 0);
    authority.configure(-1, 1);
    authority.configure(-1, 0, R"("seqnum":2,"config_data":"{\"rate\": 200.0}")");
    CHECK(authority.last("RejectedConfig", "config_seqnum") == "2");
    authority.configure(-1, 0, R"("seqnum":3,"config_data":"{\"rate\": 100.0}")");
    CHECK(scan(authority).rates_changed == 1);
    CHECK(authority.of(-1, 1, "interest_rate") == "100");
    authority.configure(-1, 0, R"("seqnum":4,"config_data":"{\"rate\": 50.0}")");
    CHECK(scan(authority).rates_changed == 0);
    set(authority, 1, "last_interest_rate_change_ts = now() - interval '8 days 1 second'");
    CHECK(scan(authority).rates_changed == 1);
    CHECK(authority.of(-1, 1, "interest_rate") == "50");
}

TEST_CASE("A-92 coordinators are reminded of transfers that stay open") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    REQUIRE(authority.take({Prepare{.request = 1}.body(), Prepare{.min = 0, .request = 2}.body()})
                .empty());
    REQUIRE(authority.settle().counts.prepared == 2);
    authority.forget();
    authority.database.execute("UPDATE accounts.prepared_transfer SET prepared_at = 'epoch' "
                               "WHERE coordinator_request_id = 1");
    CHECK(scan(authority).reminders == 1);
    CHECK(authority.last("PreparedTransfer", "coordinator_request_id") == "1");
    CHECK(authority.last("PreparedTransfer", "prepared_at") == "1970-01-01T00:00:00+00:00");
    CHECK(scan(authority).reminders == 0);
}

TEST_CASE("A-93 what was applied before the archive's threshold is folded into sums") {
    Authority authority;
    const std::string old = "1990-01-01T00:00:00Z";
    REQUIRE(authority
                .take({Change{.id = 1, .delta = 5, .committed_at = old}.body(),
                       Change{.id = 2, .delta = 7}.body()})
                .empty());
    REQUIRE(authority.settle().counts.changes_applied == 2);
    authority.settings.archive_threshold_us = 946'684'800'000'000; // 2000-01-01
    authority.fold();
    CHECK(authority.database.text("SELECT string_agg(change_id::text, ',') FROM "
                                  "accounts.registered_balance_change") == "2");
    CHECK(authority.database.text("SELECT applied::text FROM accounts.account_total") == "5");
    CHECK(authority.broken().empty());
    // Lowered again, it does not accept a change whose registration is gone.
    authority.settings.archive_threshold_us = 0;
    REQUIRE(authority.take({Change{.id = 1, .delta = 5, .committed_at = old}.body()}).empty());
    CHECK(authority.settle().counts.changes_applied == 0);
    // A change that was stored before the threshold was set and is pending keeps its registration.
    REQUIRE(
        authority.take({Change{.id = 3, .committed_at = "2000-06-01T00:00:00Z"}.body()}).empty());
    authority.settings.archive_threshold_us = 978'307'200'000'000; // 2001-01-01
    CHECK_THROWS_AS(authority.fold(), Error);
    CHECK(authority.settle().counts.changes_applied == 1);
}

TEST_CASE("chores sent by another scanner are performed") {
    const Authority authority;
    authority.fund(-1, {8}, 5000);
    set(authority, 8, "interest = 100.7");
    const auto chore = [](const char* type, const std::string& more) {
        return fmt::format(R"({{"type": "{}", "debtor_id": -1, "creditor_id": 8{}}})", type, more);
    };
    REQUIRE(authority
                .take_chores({chore("CapitalizeInterest", ""), chore("TryToDeleteAccount", ""),
                              chore("ChangeInterestRate", R"(, "interest_rate": 7.5, "ts": ")" +
                                                              test::now_text() + "\"")})
                .empty());
    const auto outcome = authority.settle();
    CHECK(outcome.counts.capitalized == 1);
    CHECK(outcome.counts.rates_changed == 1);
    CHECK(outcome.counts.deleted == 0);
    CHECK(authority.of(-1, 8, "concat(principal, ' ', interest_rate)") == "5100 7.5");
    CHECK(authority.broken().empty());
}
