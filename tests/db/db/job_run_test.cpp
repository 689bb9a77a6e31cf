#include "core/db/lock.hpp"
#include "core/observe/job_run.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

using namespace harmonia;
using test::TempDatabase;

namespace {

observe::JobRun::Start start() {
    return {observe::new_run_id(), "import", "import visa-auth --max 5", "0.1.0"};
}

// The session of the run, found as an operator finds it.
int session_of(const TempDatabase& database) {
    return static_cast<int>(
        database.count("SELECT pid FROM pg_stat_activity WHERE application_name ="
                       " 'harmonia/import/x' AND datname = current_database()"));
}

} // namespace

TEST_CASE("a run is recorded when it starts and when it ends") {
    const TempDatabase& database = test::fresh();
    const auto begun = start();
    observe::JobRun run(database.settings(), begun);
    CHECK(
        database.text("SELECT command || '|' || arguments || '|' || version || '|' || (ended_at IS"
                      " NULL) || '|' || (host <> '') || (os_user <> '') || pid FROM ops.job_run"
                      " WHERE run_id = '" +
                      begun.run_id + "'") ==
        "import|import visa-auth --max 5|0.1.0|true|truetrue" + std::to_string(::getpid()));
    run.close("rejected", 3, R"({"new": 7})", "one record was refused");
    CHECK(database.text("SELECT outcome || exit_code || (counts->>'new') || message ||"
                        " (ended_at > started_at) FROM ops.job_run") ==
          "rejected37one record was refusedtrue");
}

TEST_CASE("a run whose session was lost still records its end") {
    const TempDatabase& database = test::fresh();
    auto settings = database.settings();
    settings.application_name = "harmonia/import/x";
    observe::JobRun run(settings, start());
    database.kill_backend(session_of(database));
    run.close("done", 0, "{}", "");
    CHECK(database.text("SELECT outcome || (message IS NULL) FROM ops.job_run") == "donetrue");
}

TEST_CASE("the end of a failed run is masked, and never hides the failure") {
    const TempDatabase database;
    auto settings = database.settings();
    observe::JobRun run(settings, start());
    run.close_quietly("failed", 1, "card 4111111111111111 refused\n\x01");
    CHECK(database.text("SELECT outcome || exit_code || counts FROM ops.job_run") == "failed1{}");
    const std::string message = database.text("SELECT message FROM ops.job_run");
    CHECK_THAT(message, Catch::Contains("1111 refused") && !Catch::Contains("41111"));
    database.execute("DROP TABLE ops.job_run");
    run.close_quietly("failed", 1, "again"); // must not throw
}

TEST_CASE("a run makes missing partitions first, its own table's among them") {
    const TempDatabase database;
    database.execute(
        "DO $$DECLARE t regclass; BEGIN FOR t IN SELECT inhrelid FROM pg_inherits WHERE"
        " inhparent = 'ops.job_run'::regclass LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;"
        " END$$");
    observe::JobRun run(database.settings(), start());
    CHECK(database.count("SELECT count(*) FROM ops.job_run") == 1);
}

TEST_CASE("a run starts although another program holds the partitions' lock") {
    const TempDatabase database;
    database.execute(
        "INSERT INTO ops.partition_policy VALUES ('ops.job_run2', 'week', '1 day');"
        "CREATE TABLE ops.job_run2 (LIKE ops.job_run) PARTITION BY RANGE (started_at)");
    const auto holder = database.connect();
    db::Transaction holding(*holder);
    db::transaction_lock(holding, db::LockClass::partition, "ops.job_run2");
    auto settings = database.settings();
    settings.lock_timeout = std::chrono::milliseconds(30);
    observe::JobRun run(settings, start());
    CHECK(database.count("SELECT count(*) FROM ops.job_run") == 1);
}

TEST_CASE("without a schema a run does not start") {
    const TempDatabase database(TempDatabase::Kind::empty);
    CHECK_THROWS_AS(observe::JobRun(database.settings(), start()), db::Failure);
}
