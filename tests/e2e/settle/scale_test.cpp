// Many accounts: passes over all of them use constant memory, and no transaction grows with their
// number. A million with HARMONIA_TEST_FULL; otherwise as many as a developer can wait for.
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

#include <cstdlib>

using namespace harmonia;
using namespace harmonia::test;

namespace {

constexpr long long k_batch_rows = 5000; // accounts.batch_rows, its default

/// Accounts of one debtor that were paid a million each in 1990, have earned interest since, and
/// whose heartbeat is overdue: a scan must capitalize and announce them all, a purge must fold
/// their only changes.
class Crowd {
public:
    explicit Crowd(long long accounts) {
        database_.execute(fmt::format(
            "INSERT INTO accounts.account (debtor_id, creditor_id, principal, interest,"
            "  last_transfer_id, last_change_ts, last_heartbeat_ts, last_config_ts, creation_date,"
            "  negligible_amount)"
            " SELECT 7, n, CASE n WHEN 0 THEN -1000000 * {0}::bigint ELSE 1000000 END,"
            "  CASE n WHEN 0 THEN 0 ELSE 5000.5 END,"
            "  (current_date - date '1970-01-01')::bigint << 40, now(), now() - interval '8 days', "
            "now(),"
            "  current_date, CASE n WHEN 0 THEN 1e30 ELSE 0 END FROM generate_series(0, {0}) n;"
            "INSERT INTO accounts.sent_balance_change (debtor_id, other_creditor_id, change_id,"
            "  creditor_id, principal_delta, committed_at)"
            " SELECT 7, 0, n, n, 1000000, '1990-01-01' FROM generate_series(1, {0}) n;"
            "INSERT INTO accounts.registered_balance_change SELECT * FROM "
            "accounts.sent_balance_change;"
            "SELECT setval('accounts.change_id', {0});",
            accounts));
        database_.execute("ANALYZE");
    }
    /// Runs to the end; returns the maximum resident memory.
    long peak_kib(std::vector<std::string> arguments) const {
        Launch launch;
        launch.command = {program("harmonia"), "--json"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment = {{"HARMONIA_DATABASE_DSN", database_.dsn()},
                              {"HARMONIA_ACCOUNTS_ARCHIVE_THRESHOLD", "2000-01-01"}};
        const Finished done = run(launch);
        INFO(done.out << done.err);
        REQUIRE(done.exit == 0);
        return done.peak_kib;
    }
    /// The most rows of a table whose current version one transaction wrote.
    [[nodiscard]] long long rows_a_commit(const std::string& table) const {
        return database_.count("SELECT max(n) FROM (SELECT count(*) AS n FROM " + table +
                               " GROUP BY xmin) t");
    }
    [[nodiscard]] long long count(const std::string& what) const {
        return database_.count("SELECT count(*) FROM " + what);
    }

    struct Peaks {
        long scan, settle, purge;
    };
    [[nodiscard]] Peaks pass() const {
        Peaks peaks{};
        peaks.scan = peak_kib({"settle", "accounts", "--stage", "scan"});
        CHECK(rows_a_commit("accounts.account") <= k_batch_rows);
        peaks.settle = peak_kib({"settle", "accounts"});
        CHECK(
            rows_a_commit("accounts.registered_balance_change WHERE committed_at > '2000-01-01'") <=
            k_batch_rows);
        peaks.purge = peak_kib({"purge-archive", "accounts"});
        CHECK(rows_a_commit("accounts.account_total") <= k_batch_rows);
        return peaks;
    }

private:
    TempDatabase database_;
};

} // namespace

TEST_CASE(
    "a scan, capitalization and a purge of very many accounts keep memory and commits small") {
    const long long accounts = std::getenv("HARMONIA_TEST_FULL") != nullptr ? 1'000'000 : 50'000;
    const Crowd small(accounts / 5), large(accounts);
    const Crowd::Peaks few = small.pass(), many = large.pass();
    CHECK(large.count("accounts.account WHERE creditor_id > 0 AND principal = 1005000 AND "
                      "last_heartbeat_ts > now() - interval '1 day'") == accounts);
    CHECK(large.count("accounts.registered_balance_change WHERE committed_at < '2000-01-01'") == 0);
    CHECK(large.count("accounts.account_total WHERE applied = 1000000") == accounts);
    static_cast<void>(large.peak_kib({"audit", "accounts"}));
    const auto flat = [](long fewer, long more) { return more <= fewer + fewer / 4; };
    INFO("scan " << few.scan << " " << many.scan << ", settle " << few.settle << " " << many.settle
                 << ", purge " << few.purge << " " << many.purge << " KiB");
    CHECK(flat(few.scan, many.scan));
    CHECK(flat(few.settle, many.settle));
    CHECK(flat(few.purge, many.purge));
}
