// `settle accounts` killed at each of its visible acts and run again ends with the same books and
// the same published messages.
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace harmonia;
using test::Change;
using test::Finalize;
using test::Prepare;

namespace {

/// Work for every act, in batches of three rows.
class Killed : public test::Authority {
public:
    Killed() {
        fund(-1, {1, 2, 3, 4, 1234}, 1000);
        REQUIRE(take({Prepare{.sender = 1, .request = 1}.body(),
                      Prepare{.sender = 2, .request = 2, .coordinator = 2}.body()})
                    .empty());
        REQUIRE(settle().counts.prepared == 2);
        const auto transfer = [&](int sender) {
            return std::stoll(database.text(fmt::format(
                "SELECT transfer_id FROM accounts.prepared_transfer WHERE sender_creditor_id = {}",
                sender)));
        };
        std::vector<std::string> bodies{
            Finalize{.sender = 1, .transfer = transfer(1), .amount = 7, .request = 1}.body(),
            Finalize{.sender = 2, .transfer = transfer(2), .request = 2, .coordinator = 2}.body(),
            Change{.creditor = 55, .delta = 9}.body(), Change{.creditor = 3, .id = 2}.body()};
        for (const long long sender : {1, 2, 3, 4, 66})
            bodies.push_back(Prepare{.sender = sender,
                                     .min = 1,
                                     .max = sender,
                                     .request = 10 + sender,
                                     .coordinator = sender}
                                 .body());
        for (const long long creditor : {71, 72})
            bodies.push_back(fmt::format(
                R"({{"type":"ConfigureAccount","debtor_id":-1,"creditor_id":{},"ts":"{}",)"
                R"("seqnum":1,"negligible_amount":0.0,"config_flags":0,"config_data":""}})",
                creditor, test::now_text()));
        REQUIRE(take(bodies).empty());
        REQUIRE(take_chores({R"({"type":"TryToDeleteAccount","debtor_id":-1,"creditor_id":4})"})
                    .empty());
        // For the scan, and one account that cannot be processed.
        database.execute("UPDATE accounts.account SET last_heartbeat_ts = now() - interval "
                         "'30 days' WHERE creditor_id = 1234;"
                         "UPDATE accounts.prepared_transfer SET prepared_at = 'epoch';"
                         "ALTER TABLE accounts.account ADD CONSTRAINT trouble CHECK (creditor_id "
                         "<> 3 OR total_locked_amount = 0)");
        std::filesystem::create_directory(directory_.path() + "/failpoints");
    }

    int run_program(const std::vector<std::string>& stages, const std::string& rule = {},
                    const std::string& trace = {}) const {
        std::map<std::string, std::string> environment{
            {"HARMONIA_DATABASE_DSN", database.dsn()},
            {"HARMONIA_ACCOUNTS_BATCH_ROWS", "3"},
            {"HARMONIA_ACCOUNTS_WORKERS", "1"},
            {"HARMONIA_ACCOUNTS_DROP_PARENT_ROWS", "true"}};
        const std::string file = directory_.path() + "/failpoints/rule";
        std::filesystem::remove(file);
        if (!rule.empty()) {
            std::ofstream(file) << rule << " kill\n";
            environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        if (!trace.empty())
            environment["HARMONIA_FAILPOINT_TRACE"] = trace;
        std::vector<std::string> command{test::program("harmonia"), "settle", "accounts"};
        for (const std::string& stage : stages)
            command.insert(command.end(), {"--stage", stage});
        const auto done = test::run({command, environment, "", 0});
        INFO(done.err);
        CHECK((done.exit == 0 || done.exit == 3 || !rule.empty()));
        return done.exit;
    }
    /// A scan, then rounds to the end, each repeated if it was killed; returns whether one was.
    bool finish(std::string rule = {}) const {
        bool killed = false;
        for (const std::vector<std::string>& stages : {std::vector<std::string>{"scan"}, {}})
            if (run_program(stages, rule) == 128 + SIGKILL) {
                killed = true;
                rule.clear();
                run_program(stages);
            }
        return killed;
    }

    /// The content of the rows, without ids and clocks.
    [[nodiscard]] std::string books() const {
        return database.text(
            "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
            "SELECT concat_ws('|', 'account', creditor_id, principal, total_locked_amount, "
            "pending_transfers_count, last_transfer_number, status_flags) AS line "
            "FROM accounts.account UNION ALL "
            "SELECT concat_ws('|', 'open', sender_creditor_id, coordinator_request_id, "
            "locked_amount, last_reminder_ts IS NOT NULL) FROM accounts.prepared_transfer "
            "UNION ALL SELECT concat_ws('|', 'sent', other_creditor_id, creditor_id, "
            "principal_delta) FROM accounts.sent_balance_change UNION ALL "
            "SELECT concat_ws('|', 'parked', creditor_id, stage) FROM accounts.parked_account "
            "UNION ALL SELECT concat_ws('|', 'told', kind, key, count(*)) FROM ops.outbox "
            "GROUP BY kind, key) l");
    }

private:
    test::TempDir directory_;
};

std::vector<std::string> passages() {
    const Killed undisturbed;
    const test::TempDir directory;
    const std::string trace = directory.write("trace", "");
    undisturbed.run_program({"scan"}, {}, trace);
    undisturbed.run_program({}, {}, trace);
    std::vector<std::string> found;
    std::map<std::string, int> seen;
    std::istringstream lines(test::file_text(trace));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("settle_"))
            found.push_back(line + "@" + std::to_string(++seen[line]));
    return found;
}

} // namespace

TEST_CASE("settle accounts killed at each of its acts and run again ends the same") {
    const Killed undisturbed;
    undisturbed.finish();
    const std::string books = undisturbed.books();
    CHECK(undisturbed.broken().empty());
    std::map<std::string, int> acts;
    for (const std::string& place : passages()) {
        // The first passage of each act, and then every fourth.
        int& nth = acts[place.substr(0, place.find('@'))];
        if (++nth > 1 && nth % 4 != 0)
            continue;
        INFO(place);
        const Killed world;
        CHECK(world.finish(place));
        CHECK(world.books() == books);
        CHECK(world.broken().empty());
    }
    for (const char* act :
         {"settle_configure_commit", "settle_transfers_commit", "settle_finalizations_commit",
          "settle_changes_commit", "settle_chores_commit", "settle_scan_commit",
          "settle_park_commit", "settle_archive_commit"})
        CHECK(acts.contains(std::string(act) + ":before"));
}
