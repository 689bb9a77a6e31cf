// What `status` asks the servers.
#include "core/base/embedded.hpp"
#include "jobs/status/load.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

using namespace harmonia;
using test::TempDatabase;

namespace {

status::Service ask(const db::Settings& settings, std::unique_ptr<db::Connection>& connection) {
    return status::ask_database("postgres", settings, embedded::migrations(), {"ops", "harmonia"},
                                connection);
}

status::Picture picture(const TempDatabase& database,
                        const std::vector<std::string>& commands = {}) {
    status::Picture result;
    const auto connection = database.connect();
    result.sections = status::ask_sections(*connection, commands, {"harmonia", "accounts"});
    return result;
}

} // namespace

TEST_CASE("a migrated database is healthy, its address shows no password") {
    const TempDatabase database;
    auto settings = database.settings();
    settings.dsn += " password=hush"; // keyword form, as TempDatabase makes it
    std::unique_ptr<db::Connection> connection;
    const auto service = ask(settings, connection);
    CHECK(service.healthy);
    CHECK(service.schema_pending.empty());
    CHECK(service.schema_unknown.empty());
    CHECK(service.address.find("hush") == std::string::npos);
    CHECK(service.address.find("***") != std::string::npos);
    CHECK(connection != nullptr);
}

TEST_CASE("an empty database lacks migrations, a missing one is out of reach") {
    const TempDatabase database(TempDatabase::Kind::empty);
    std::unique_ptr<db::Connection> connection;
    const auto empty = ask(database.settings(), connection);
    CHECK(empty.healthy);
    CHECK_FALSE(empty.schema_pending.empty());
    CHECK(empty.schema_pending.front().find("ops/0001_") == 0);

    db::Settings nowhere;
    nowhere.dsn = "host=127.0.0.1 port=1 dbname=x password=hush";
    const auto absent = ask(nowhere, connection);
    CHECK_FALSE(absent.healthy);
    CHECK_FALSE(absent.error.empty());
    CHECK(absent.error.find("hush") == std::string::npos);
    CHECK(connection == nullptr);
}

TEST_CASE("a missing broker is out of reach, its address shows no password") {
    broker::Settings settings;
    settings.url = "amqp://user:hush@127.0.0.1:1/%2f";
    const auto service = status::ask_broker("amqp", settings);
    CHECK_FALSE(service.healthy);
    CHECK_FALSE(service.error.empty());
    CHECK(service.address == "amqp://user:***@127.0.0.1:1/%2f");
    CHECK(service.error.find("hush") == std::string::npos);
}

TEST_CASE("an empty installation has empty sections, and every question can be asked") {
    const TempDatabase database;
    for (const auto& section : picture(database, {"import"}).sections) {
        INFO(section.name);
        CHECK_FALSE(section.columns.empty());
        CHECK(section.rows.empty());
    }
}

TEST_CASE("pending transactions, rejects and the outbox are counted") {
    const TempDatabase database;
    const auto payment = [&](const char* id, const char* feed, const char* admitted,
                             const char* stage, const char* state, const char* screen) {
        database.execute(
            std::string("INSERT INTO payment_transaction (provider_slug, feed_type, "
                        "transaction_id, merchant_slug, merchant_identifier_ids, mid, "
                        "transaction_date, spend_amount, spend_currency, card_token, batch_id, "
                        "record_no, admitted_at, stage, status, screen, created_at) VALUES ("
                        "'visa', '") +
            feed + "', '" + id + "', 'costa', '{}', '1', now(), 1, 'GBP', 't', 1, 1, " + admitted +
            ", '" + stage + "', '" + state + "', '" + screen + "', now() - interval '2 hours')");
    };
    payment("1", "AUTH", "NULL", "NEW", "PENDING", "NONE");
    payment("2", "AUTH", "NULL", "NEW", "PENDING", "HELD");
    payment("3", "AUTH", "now()", "IDENTIFIED", "PENDING", "NONE");
    payment("4", "AUTH", "now()", "UNKNOWN_USER", "PENDING", "NONE");
    payment("5", "AUTH", "now()", "IDENTIFIED", "MATCHED", "NONE");
    payment("6", "REFUND", "now()", "IDENTIFIED", "PENDING", "NONE");
    payment("7", "AUTH", "NULL", "NEW", "PENDING", "DECLINED");
    payment("8", "AUTH", "NULL", "NEW", "PENDING", "VOID");
    database.execute("INSERT INTO import_transaction (provider_slug, feed_type, transaction_id, "
                     "batch_id, record_no, identified, stored) VALUES ('visa', 'AUTH', 'u', 1, 1, "
                     "false, false), ('visa', 'AUTH', 'v', 1, 2, true, true)");
    database.execute("INSERT INTO unknown_identifier (network, kind, identifier, merchant) SELECT "
                     "'visa', 'PRIMARY', i::text, '' FROM generate_series(1, 25) i");
    database.execute("INSERT INTO ops.reject (batch_id, feed, source, record_no, code, raw, state) "
                     "VALUES (1, 'f', 's', 1, 'c', 'r', 'open'), (1, 'f', 's', 2, 'c', 'r', "
                     "'retried')");
    database.execute("INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, body, "
                     "attempts, last_error, created_at) VALUES ('harmonia', 'export', 'k', '', "
                     "'export', '{}', 3, 'nacked', now() - interval '1 day')");
    const auto found = picture(database);
    const auto* waiting = found.find("waiting");
    REQUIRE(waiting);
    std::string kinds;
    for (std::size_t i = 0; i < waiting->rows.size(); ++i)
        kinds += *waiting->text(i, "waits_for") + std::to_string(waiting->number(i, "count")) + " ";
    CHECK(kinds == "match1 pair1 user1 verdict1 ");
    CHECK(waiting->number(0, "oldest_seconds") >= 7200);
    CHECK(found.find("transactions")->sum("count") == 8);
    CHECK(found.find("unidentified_records")->sum("count") == 1);
    CHECK(found.find("unidentified")->rows.size() == 20);
    CHECK(found.find("rejects")->sum("count") == 1);
    CHECK(found.find("outbox")->number(0, "attempts") == 3);
    CHECK(found.find("outbox")->json.front().find(R"("count":1)") != std::string::npos);
}

TEST_CASE("rows pending for settle accounts are counted by stage, parked accounts by their error") {
    const TempDatabase database;
    database.execute(
        "INSERT INTO accounts.transfer_request (debtor_id, sender_creditor_id, coordinator_id, "
        "coordinator_request_id, min_locked_amount, max_locked_amount, recipient_creditor_id, "
        "deadline, final_interest_rate_ts, received_at, coordinator_type) SELECT 1, i, 1, i, 1, 1, "
        "2, now(), now(), now() - interval '2 hours', 'direct' FROM generate_series(1, 3) i");
    database.execute("INSERT INTO accounts.chore_request (debtor_id, creditor_id, kind) VALUES "
                     "(1, 1, 'CapitalizeInterest')");
    database.execute(
        "INSERT INTO accounts.registered_balance_change VALUES (1, 2, 3, 4, 5, now())");
    database.execute("INSERT INTO accounts.pending_balance_change VALUES (1, 4, 2, 3, 5, now(), "
                     "'direct', '', '')");
    database.execute("INSERT INTO accounts.parked_account (debtor_id, creditor_id, stage, error) "
                     "VALUES (1, 7, 'transfers', 'out of range'), (1, 8, 'transfers', "
                     "'out of range'), (1, 7, 'configure', 'other')");
    const auto found = picture(database);
    const auto* settling = found.find("settling");
    REQUIRE(settling);
    std::string stages;
    for (std::size_t i = 0; i < settling->rows.size(); ++i)
        stages += *settling->text(i, "stage") + std::to_string(settling->number(i, "count")) + " ";
    CHECK(stages == "chores1 transfers3 balance-changes1 ");
    CHECK_FALSE(settling->text(0, "oldest"));
    CHECK(settling->number(1, "oldest_seconds") >= 7200);
    const auto* parked = found.find("parked_accounts");
    REQUIRE(parked->rows.size() == 2);
    CHECK(*parked->text(0, "stage") == "configure");
    CHECK(parked->number(1, "count") == 2);
    CHECK(*parked->text(1, "account") == "1/7");
    CHECK(status::advise(found).size() == 3); // one late stage, two errors

    const auto connection = database.connect();
    for (const auto& section : status::ask_sections(*connection, {}, {"ops", "harmonia"}))
        CHECK((section.name != "settling" && section.name != "parked_accounts"));
}

TEST_CASE("the last run of each command, in their order, and whether it is still running") {
    const TempDatabase database;
    const auto run = [&](const char* id, const char* command, const char* started,
                         const char* ended) {
        database.execute(std::string("INSERT INTO ops.job_run (run_id, command, arguments, host, "
                                     "os_user, pid, version, started_at, ended_at, outcome, "
                                     "exit_code) VALUES ('") +
                         id + "', '" + command + "', '', 'h', 'u', 1, '0', now() - interval '" +
                         started + "', " + ended + ", " +
                         (std::string(ended) == "NULL" ? "NULL, NULL)" : "'done', 0)"));
    };
    run("aaaaaaaa-0000-4000-8000-000000000001", "import", "3 minutes", "now()");
    run("bbbbbbbb-0000-4000-8000-000000000002", "import", "2 minutes", "NULL");
    run("cccccccc-0000-4000-8000-000000000003", "match", "1 minute", "NULL");
    run("dddddddd-0000-4000-8000-000000000004", "export", "1 minute", "now()");
    auto settings = database.settings();
    settings.application_name = "harmonia/match/cccccccc";
    const auto alive = db::connect(settings);
    const auto found = picture(database, {"match", "import", "export", "audit"});
    const auto* runs = found.find("runs");
    REQUIRE(runs->rows.size() == 3);
    CHECK(*runs->text(0, "command") == "match");
    CHECK(*runs->text(0, "state") == "running");
    CHECK(*runs->text(1, "command") == "import");
    CHECK(*runs->text(1, "state") == "killed");
    CHECK(*runs->text(2, "state") == "done");
}
