#include "core/db/connection.hpp"
#include "core/db/dsn.hpp"
#include "core/db/lock.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <thread>

using namespace harmonia;
using test::TempDatabase;

namespace {

template <typename F>
db::Failure failure_of(F&& act) {
    try {
        act();
    } catch (const db::Failure& failure) {
        return failure;
    }
    throw std::runtime_error("no db::Failure was thrown");
}

db::Failure sql_failure(const TempDatabase& database, const std::string& sql) {
    return failure_of([&] {
        const auto connection = database.connect();
        db::Transaction(*connection).script(sql);
    });
}

} // namespace

TEST_CASE("a session has our settings, whatever the environment says") {
    const TempDatabase& database = test::fresh();
    auto settings = database.settings();
    settings.application_name = "harmonia/import/12345678";
    settings.statement_timeout = std::chrono::milliseconds(61'000);
    const auto connection = db::connect(settings);
    db::Transaction tx(*connection);
    const auto shown = [&](const std::string& name) {
        return std::string(tx.exec("SELECT current_setting($1)", name).text(0, 0));
    };
    CHECK(shown("TimeZone") == "UTC");
    CHECK(shown("search_path") == "harmonia, ops, public");
    CHECK(shown("statement_timeout") == "61s");
    CHECK(shown("lock_timeout") == "10s");
    CHECK(shown("idle_in_transaction_session_timeout") == "10min");
    CHECK(shown("client_encoding") == "UTF8");
    CHECK(shown("application_name") == "harmonia/import/12345678");
    CHECK(tx.exec("SELECT now()::text LIKE '%+00'").boolean(0, 0));
}

TEST_CASE("a lost session stays lost, and its lock is known lost") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    const auto lock = db::SessionLock::acquire(*connection, db::LockClass::purge, "all", {});
    REQUIRE(lock);
    lock->verify();
    database.kill_backend(connection->backend_pid());
    for (int i = 0; i < 3; ++i) { // libpqxx would hand out a new session on the third try
        CHECK(failure_of([&] { lock->verify(); }).exit() == Exit::unavailable);
        const auto failure = failure_of([&] { db::Transaction(*connection).exec("SELECT 1"); });
        CHECK(failure.exit() == Exit::unavailable);
        CHECK(failure.sqlstate().empty());
        CHECK_THAT(failure.what(), Catch::Contains(database.name()));
        CHECK_FALSE(failure.hint().empty());
    }
    const auto other = database.connect();
    CHECK(db::SessionLock::acquire(*other, db::LockClass::purge, "all", {}));
}

TEST_CASE("exit codes follow the SQLSTATE") {
    const TempDatabase& database = test::fresh();
    const auto raise = [&](const std::string& sqlstate) {
        return sql_failure(database, "DO $$BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '" +
                                         sqlstate + "'; END$$");
    };
    const std::vector<std::pair<std::string, Exit>> expected{
        {"40001", Exit::try_again},   {"40P01", Exit::try_again},  {"55P03", Exit::try_again},
        {"57014", Exit::try_again},   {"42501", Exit::permission}, {"53100", Exit::io},
        {"58030", Exit::io},          {"3D000", Exit::config},     {"28P01", Exit::config},
        {"42P01", Exit::config},      {"25006", Exit::config},     {"57P01", Exit::unavailable},
        {"57P03", Exit::unavailable}, {"53300", Exit::unavailable}};
    for (const auto& [sqlstate, exit] : expected) {
        INFO(sqlstate);
        const auto failure = raise(sqlstate);
        CHECK(failure.exit() == exit);
        CHECK_FALSE(failure.hint().empty());
        CHECK_THAT(failure.what(), Catch::Contains("planted") || Catch::Contains("lost"));
    }
    const auto other = raise("P0001");
    CHECK(other.exit() == Exit::failure);
    CHECK(std::string(other.what()) == "planted (SQLSTATE P0001)");
}

TEST_CASE("real refusals: lock, statement time-out, privilege, duplicate, serialization") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)");
    auto settings = database.settings();
    settings.lock_timeout = std::chrono::milliseconds(50);
    settings.statement_timeout = std::chrono::milliseconds(300);

    const auto holder = database.connect();
    db::Transaction holding(*holder);
    holding.exec("UPDATE t SET v = 2 WHERE id = 1");
    const auto waiter = db::connect(settings);
    auto failure =
        failure_of([&] { db::Transaction(*waiter).exec("UPDATE t SET v = 3 WHERE id = 1"); });
    CHECK(failure.sqlstate() == "55P03");
    CHECK(failure.exit() == Exit::try_again);

    failure = failure_of([&] { db::Transaction(*waiter).exec("SELECT pg_sleep(60)"); });
    CHECK(failure.sqlstate() == "57014");
    CHECK(failure.exit() == Exit::try_again);

    failure = failure_of([&] { db::Transaction(*waiter).exec("SELECT * FROM pg_authid"); });
    CHECK(failure.exit() == Exit::permission);

    failure = failure_of([&] { db::Transaction(*waiter).exec("SELECT * FROM nowhere"); });
    CHECK(failure.exit() == Exit::config);
    CHECK(failure.hint() == "Run: harmonia migrate");

    holding.rollback();
    failure = failure_of([&] { db::Transaction(*waiter).exec("INSERT INTO t VALUES (1, 1)"); });
    CHECK(failure.unique_violation());
    CHECK(failure.exit() == Exit::failure);
    CHECK_THAT(failure.what(), !Catch::Contains("(id)=(1)")); // row values stay out of logs
}

TEST_CASE("a deadlock is retryable") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
    const auto one = database.connect(), two = database.connect();
    db::Transaction a(*one), b(*two);
    a.exec("SELECT FROM t WHERE id = 1 FOR UPDATE");
    b.exec("SELECT FROM t WHERE id = 2 FOR UPDATE");
    std::optional<db::Failure> first;
    std::jthread waiting([&] {
        try {
            a.exec("SELECT FROM t WHERE id = 2 FOR UPDATE");
        } catch (const db::Failure& failure) {
            first = failure;
        }
    });
    std::optional<db::Failure> second;
    try {
        b.exec("SELECT FROM t WHERE id = 1 FOR UPDATE");
    } catch (const db::Failure& failure) {
        second = failure;
        b.rollback();
    }
    waiting.join();
    REQUIRE(first.has_value() != second.has_value());
    const db::Failure& failure = first ? *first : *second;
    CHECK(failure.sqlstate() == "40P01");
    CHECK(failure.retryable());
    CHECK(failure.exit() == Exit::try_again);
}

TEST_CASE("a wrong database or role is told at once, an absent server after its tries") {
    const TempDatabase& database = test::fresh();
    auto settings = database.settings();
    settings.connect_wait = std::chrono::hours(24); // a retry would hang the test
    settings.dsn = db::dsn_with_database(database.dsn(), "harmonia_test_no_such");
    auto failure = failure_of([&] { static_cast<void>(db::connect(settings)); });
    CHECK(failure.sqlstate() == "3D000");
    CHECK(failure.exit() == Exit::config);
    CHECK_THAT(failure.what(), Catch::Contains("harmonia_test_no_such"));

    settings.dsn = database.dsn() + " user=nobody_here";
    failure = failure_of([&] { static_cast<void>(db::connect(settings)); });
    CHECK(failure.sqlstate().starts_with("28"));
    CHECK(failure.exit() == Exit::config);

    settings.connect_wait = std::chrono::milliseconds(15);
    settings.dsn = "host=127.0.0.1 port=1 dbname=x user=y";
    failure = failure_of([&] { static_cast<void>(db::connect(settings)); });
    CHECK(failure.exit() == Exit::unavailable);
    CHECK(failure.sqlstate().empty());
    CHECK_THAT(failure.what(), Catch::Contains("127.0.0.1"));
}

TEST_CASE("parameters and results: null, arrays, types") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    const std::vector<std::string> words{"a,b", "q\"x\\", "", "NULL", "ü\t\n"};
    const auto back =
        tx.exec("SELECT w FROM unnest($1::text[]) WITH ORDINALITY u(w, n) ORDER BY n", words);
    REQUIRE(back.size() == words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
        CHECK(back.text(i, 0) == words[i]);
    CHECK(tx.exec("SELECT sum(n) FROM unnest($1::bigint[]) n",
                  std::vector<std::int64_t>{1, -2, 9'000'000'000})
              .integer(0, 0) == 8'999'999'999);

    const auto row = tx.exec("SELECT $1::text AS a, $2::bigint AS b, $3::boolean AS c, $4::int",
                             std::optional<std::string>(), std::optional<long>(7), true, 5u);
    CHECK(row.is_null(0, 0));
    CHECK(row.text(0, 0).empty());
    CHECK_FALSE(row.optional_text(0, 0));
    CHECK(row.integer(0, row.column("b")) == 7);
    CHECK(row.boolean(0, 2));
    CHECK(row.optional_text(0, 3) == "5");
    CHECK_THROWS_AS(row.integer(0, 0), Error);
    CHECK_THROWS_AS(row.column("z"), Error);
    CHECK_THROWS_AS(row.text(1, 0), Error);
    CHECK(tx.exec("SELECT '' WHERE false").empty());
    tx.script("CREATE TABLE t (a int)");
    CHECK(tx.exec("INSERT INTO t SELECT generate_series(1, 5)").affected() == 5);
    CHECK(db::Result().size() == 0);
}

TEST_CASE("a result outlives its connection") {
    const TempDatabase& database = test::fresh();
    db::Result rows;
    {
        const auto connection = database.connect();
        rows = db::Transaction(*connection).exec("SELECT repeat('x', 1000)");
    }
    CHECK(rows.text(0, 0) == std::string(1000, 'x'));
}

TEST_CASE("a transaction not committed is rolled back, one that failed cannot commit") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int PRIMARY KEY)");
    const auto connection = database.connect();
    {
        db::Transaction tx(*connection);
        tx.exec("INSERT INTO t VALUES (1)");
    }
    CHECK(database.count("SELECT count(*) FROM t") == 0);
    {
        db::Transaction tx(*connection);
        tx.exec("INSERT INTO t VALUES (1)");
        CHECK_THROWS_AS(tx.exec("INSERT INTO t VALUES (1)"), db::Failure);
        // The server would answer COMMIT with ROLLBACK and no error.
        CHECK_THROWS_AS(tx.commit(Failpoint::migrate_commit), Error);
    }
    CHECK(database.count("SELECT count(*) FROM t") == 0);
    db::Transaction tx(*connection);
    tx.exec("INSERT INTO t VALUES (2)");
    tx.commit(Failpoint::migrate_commit);
    CHECK(database.count("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a read-only transaction cannot write") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    CHECK(tx.exec("SHOW transaction_isolation").text(0, 0) == "repeatable read");
    const auto failure = failure_of([&] { tx.script("CREATE TABLE t (a int)"); });
    CHECK(failure.sqlstate() == "25006");
}

TEST_CASE("a session that ended before COMMIT was sent is not in doubt") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    tx.exec("INSERT INTO ops.config_item (key, value) VALUES ('a', 'b')");
    database.kill_backend(connection->backend_pid());
    try {
        tx.commit(Failpoint::migrate_commit);
        FAIL("committed on a dead session");
    } catch (const db::InDoubt&) {
        FAIL("known not to be committed");
    } catch (const db::Failure& failure) {
        CHECK(failure.exit() == Exit::unavailable);
    }
    CHECK(database.count("SELECT count(*) FROM ops.config_item") == 0);
}

TEST_CASE("notifications: one comes, none comes") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    connection->listen("harmonia_test");
    CHECK_FALSE(connection->wait_notification(std::chrono::milliseconds(1)));
    database.execute("NOTIFY harmonia_test");
    CHECK(connection->wait_notification(std::chrono::seconds(60)));
    // One that arrives with the answer of a statement is kept for the next wait, once.
    database.execute("NOTIFY harmonia_test");
    {
        db::Transaction tx(*connection);
        static_cast<void>(tx.exec("SELECT 1"));
    }
    CHECK(connection->wait_notification(std::chrono::milliseconds(0)));
    CHECK_FALSE(connection->wait_notification(std::chrono::milliseconds(1)));
    database.kill_backend(connection->backend_pid());
    CHECK_THROWS_AS(
        [&] {
            for (int i = 0; i < 3; ++i) // the server's last words wake it first
                connection->wait_notification(std::chrono::seconds(60));
        }(),
        db::Failure);
}

TEST_CASE("a password never shows in an error of connecting") {
    auto settings = db::Settings();
    settings.connect_wait = {};
    settings.dsn = "postgresql://user:s3cr3t@127.0.0.1:1/base";
    auto failure = failure_of([&] { static_cast<void>(db::connect(settings)); });
    CHECK_THAT(failure.what() + failure.hint(), !Catch::Contains("s3cr3t"));
}
