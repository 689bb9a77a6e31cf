#include "core/db/lock.hpp"
#include "core/db/partitions.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <atomic>
#include <thread>

using namespace harmonia;
using test::TempDatabase;

namespace {

void create_cut_tables(const TempDatabase& database) {
    database.execute(R"(
CREATE SCHEMA s;
CREATE TABLE s.daily (at timestamptz NOT NULL, n int DEFAULT 7 CHECK (n > 0), PRIMARY KEY (at))
    PARTITION BY RANGE (at);
CREATE INDEX daily_n ON s.daily (n);
CREATE TABLE s.weekly (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL)
    PARTITION BY RANGE (at);
DELETE FROM ops.partition_policy;
INSERT INTO ops.partition_policy VALUES
    ('s.daily', 'day', '3 days'), ('s.weekly', 'week', '15 days');
)");
}

std::string partition_of_now(const TempDatabase& database, const std::string& table) {
    return database.text("INSERT INTO " + table +
                         " (at) VALUES (now()) RETURNING tableoid::regclass");
}

} // namespace

TEST_CASE("partitions cover today and what lies ahead, and take rows") {
    const TempDatabase database;
    create_cut_tables(database);
    const auto connection = database.connect();
    const auto made = db::ensure_partitions(*connection);
    CHECK(made.size() >= 4 + 3);
    CHECK(db::ensure_partitions(*connection).empty());
    CHECK(
        partition_of_now(database, "s.daily") ==
        database.text("SELECT 's.daily_y' || to_char(now() AT TIME ZONE 'UTC', 'YYYY\"d\"MMDD')"));
    CHECK(partition_of_now(database, "s.weekly") ==
          database.text("SELECT 's.weekly_y' || to_char(now() AT TIME ZONE 'UTC', 'IYYY\"w\"IW')"));
    CHECK(database.count("INSERT INTO s.weekly (at) VALUES (now() + interval '15 days')"
                         " RETURNING 1") == 1);
    CHECK_THROWS_AS(database.text("INSERT INTO s.weekly (at) VALUES (now() + interval '60 days')"),
                    db::Failure);
    // Defaults, checks and indexes are the parent's; a week starts on Monday, UTC.
    CHECK(database.count("SELECT n FROM s.daily") == 7);
    CHECK_THROWS_AS(database.execute("INSERT INTO s.daily VALUES (now() + interval '1 day', -1)"),
                    db::Failure);
    CHECK(database.count(
              "SELECT count(*) FROM pg_inherits WHERE inhparent = 's.daily_n'::regclass") >= 4);
    CHECK(database.count(
              "SELECT count(*) FROM pg_class c JOIN pg_inherits i ON inhrelid = c.oid"
              " WHERE inhparent = 's.weekly'::regclass AND extract(isodow FROM substring("
              " pg_get_expr(relpartbound, c.oid) FROM '\\(''([^'']+)')::timestamptz) <> 1") == 0);
}

TEST_CASE("partitions are made once by two programs at once") {
    const TempDatabase database;
    create_cut_tables(database);
    std::atomic<std::size_t> made{0};
    const auto make = [&] {
        const auto connection = database.connect();
        made += db::ensure_partitions(*connection).size();
    };
    std::jthread other(make);
    make();
    other.join();
    CHECK(made == static_cast<std::size_t>(
                      database.count("SELECT count(*) FROM pg_inherits JOIN pg_class p ON p.oid ="
                                     " inhparent WHERE inhparent IN ('s.daily'::regclass,"
                                     " 's.weekly'::regclass)")));
}

TEST_CASE("making a partition waits for no reader or writer of the table") {
    const TempDatabase database;
    create_cut_tables(database);
    const auto worker = database.connect();
    db::Transaction busy(*worker);
    busy.script(
        "LOCK TABLE s.daily IN ROW EXCLUSIVE MODE; LOCK TABLE s.weekly IN ROW EXCLUSIVE MODE;"
        "SELECT * FROM s.daily");
    auto settings = database.settings();
    settings.lock_timeout = std::chrono::milliseconds(100);
    const auto connection = db::connect(settings);
    CHECK(db::ensure_partitions(*connection).size() >= 7);
}

TEST_CASE("old partitions are listed, detached and dropped") {
    const TempDatabase database;
    create_cut_tables(database);
    const auto connection = database.connect();
    database.execute("CREATE TABLE s.weekly_y2020w02 PARTITION OF s.weekly"
                     " FOR VALUES FROM ('2020-01-06') TO ('2020-01-13');"
                     "CREATE TABLE s.weekly_y2020w01 PARTITION OF s.weekly"
                     " FOR VALUES FROM ('2019-12-30') TO ('2020-01-06');"
                     "INSERT INTO s.weekly (at) VALUES ('2020-01-07')");
    db::ensure_partitions(*connection);
    auto old = db::old_partitions(*connection, "s.weekly", "2020-01-13 00:00:00+00");
    REQUIRE(old.size() == 2);
    CHECK(old[0].name == "s.weekly_y2020w01");
    CHECK(old[1].from == "2020-01-06 00:00:00+00");
    CHECK(old[1].to == "2020-01-13 00:00:00+00");
    CHECK(old[1].bytes > 0);
    CHECK(db::old_partitions(*connection, "s.weekly", "2020-01-12 23:59:59+00").size() == 1);

    db::drop_partition(*connection, old[0]);
    db::drop_partition(*connection, old[1]);
    CHECK(db::old_partitions(*connection, "s.weekly", "2020-01-13 00:00:00+00").empty());
    CHECK(database.count("SELECT count(*) FROM s.weekly") == 0);
    CHECK(database.text("SELECT to_regclass('s.weekly_y2020w02')").empty());
}

TEST_CASE("a partition detached by a killed run is dropped later, one detached by hand is not") {
    const TempDatabase database;
    create_cut_tables(database);
    const auto connection = database.connect();
    database.execute("CREATE TABLE s.weekly_y2020w02 (LIKE s.weekly);"
                     "CREATE TABLE s.weekly_y2020w03 (LIKE s.weekly);"
                     "COMMENT ON TABLE s.weekly_y2020w03 IS 'harmonia: detached to be dropped'");
    const auto old = db::old_partitions(*connection, "s.weekly", "2020-02-01");
    REQUIRE(old.size() == 1);
    CHECK(old[0].name == "s.weekly_y2020w03");
    CHECK_FALSE(old[0].attached);
    db::drop_partition(*connection, old[0]);
    CHECK(database.text("SELECT to_regclass('s.weekly_y2020w03')").empty());
    CHECK(database.text("SELECT to_regclass('s.weekly_y2020w02')") == "s.weekly_y2020w02");
}

TEST_CASE("a busy table is not detached from: try again") {
    const TempDatabase database;
    create_cut_tables(database);
    database.execute("CREATE TABLE s.weekly_y2020w02 PARTITION OF s.weekly"
                     " FOR VALUES FROM ('2020-01-06') TO ('2020-01-13')");
    const auto reader = database.connect(), connection = database.connect();
    db::Transaction reading(*reader);
    reading.exec("SELECT * FROM s.weekly");
    const auto old = db::old_partitions(*connection, "s.weekly", "2020-02-01");
    REQUIRE(old.size() == 1);
    try {
        db::drop_partition(*connection, old[0]);
        FAIL("detached under a reader");
    } catch (const db::Failure& failure) {
        CHECK(failure.exit() == Exit::try_again);
    }
}
