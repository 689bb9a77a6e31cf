#include "core/db/lock.hpp"
#include "core/db/migrate.hpp"
#include "jobs/migrate/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <atomic>
#include <thread>

using namespace harmonia;
using db::MigrationState;
using test::TempDatabase;

namespace {

const std::vector<Embedded> k_files{
    {"migrations/harmonia/0001_things.sql", "CREATE TABLE harmonia.thing (id int);"},
    {"migrations/ops/0001_base.sql", "CREATE TABLE ops.base (id int);"
                                     "CREATE TABLE ops.partition_policy"
                                     " (parent text, step text, ahead interval);"},
    {"migrations/ops/0002_index.sql", "-- harmonia: no-transaction\nCREATE INDEX CONCURRENTLY IF "
                                      "NOT EXISTS base_id ON ops.base (id)"},
};
const std::vector<std::string> k_areas{"ops", "harmonia"};

std::vector<db::Migration> files(std::vector<Embedded> more = {}) {
    std::vector<Embedded> all = k_files;
    all.insert(all.end(), more.begin(), more.end());
    return db::list_migrations(all, k_areas);
}

Error error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error;
    }
    throw std::runtime_error("no Error was thrown");
}

std::string states(db::Connection& connection, const std::vector<db::Migration>& migrations) {
    std::vector<std::string> extra;
    std::string out;
    for (const MigrationState& s : db::migration_status(connection, migrations, extra))
        out += s.state == MigrationState::State::pending   ? 'p'
               : s.state == MigrationState::State::applied ? 'a'
                                                           : 'c';
    return out + std::to_string(extra.size());
}

} // namespace

TEST_CASE("migrations are applied once, in order, each with its history row") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const auto connection = database.connect();
    CHECK(states(*connection, files()) == "ppp0");
    CHECK(db::apply_migrations(*connection, files(), "1.2.3").size() == 3);
    CHECK(states(*connection, files()) == "aaa0");
    CHECK(db::apply_migrations(*connection, files(), "1.2.3").empty());
    CHECK(database.text("SELECT string_agg(area || number || name || length(sha256)"
                        " || (duration_ms >= 0)::text || tool_version, ' ' ORDER BY applied_at)"
                        " FROM ops.schema_history") ==
          "ops1base64true1.2.3 ops2index64true1.2.3 harmonia1things64true1.2.3");
    CHECK(database.count("SELECT count(*) FROM pg_indexes WHERE indexname = 'base_id'") == 1);
}

TEST_CASE("a file that fails leaves nothing of itself, and those before it stay") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const auto connection = database.connect();
    const Embedded bad{"migrations/harmonia/0002_bad.sql",
                       "CREATE TABLE harmonia.half (id int); SELECT 1/0;"};
    const Error error = error_of([&] { db::apply_migrations(*connection, files({bad}), ""); });
    CHECK_THAT(error.what(), Catch::Contains("harmonia/0002_bad") && Catch::Contains("22012"));
    CHECK(states(*connection, files({bad})) == "aaap0");
    CHECK(database.count("SELECT count(*) FROM pg_tables WHERE tablename = 'half'") == 0);
}

TEST_CASE("a changed file is drift and is refused") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const auto connection = database.connect();
    db::apply_migrations(*connection, files(), "");
    database.execute("UPDATE ops.schema_history SET sha256 = 'x' WHERE area = 'harmonia'");
    CHECK(states(*connection, files()) == "aac0");
    const Embedded next{"migrations/ops/0003_next.sql", "CREATE TABLE ops.next ()"};
    const Error error = error_of([&] { db::apply_migrations(*connection, files({next}), ""); });
    CHECK(error.exit() == Exit::config);
    CHECK_THAT(error.what(), Catch::Contains("harmonia/0001_things"));
    CHECK(database.text("SELECT to_regclass('ops.next')").empty());
}

TEST_CASE("a database newer than the program is refused, other areas are not its business") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const auto connection = database.connect();
    db::apply_migrations(*connection, files(), "");
    const auto add = [&](const std::string& area) {
        database.execute("INSERT INTO ops.schema_history VALUES ('" + area +
                         "', 7, 'future', 'x', now(), 'x', 0, '9')");
    };
    add("accounts");
    CHECK(db::apply_migrations(*connection, files(), "").empty());
    add("harmonia");
    const Error error = error_of([&] { db::apply_migrations(*connection, files(), ""); });
    CHECK(error.exit() == Exit::config);
    CHECK_THAT(error.what(), Catch::Contains("newer") && Catch::Contains("harmonia/0007_future"));
}

TEST_CASE("two migrators at once apply each file once") {
    const TempDatabase database(TempDatabase::Kind::empty);
    std::atomic<std::size_t> applied{0};
    const auto migrate = [&] {
        const auto connection = database.connect();
        applied += db::apply_migrations(*connection, files(), "").size();
    };
    std::jthread other(migrate);
    migrate();
    other.join();
    CHECK(applied == 3);
    CHECK(database.count("SELECT count(*) FROM ops.schema_history") == 3);
}

TEST_CASE("a migrator that waits too long for another is told to try again") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const auto holder = database.connect();
    const auto held = db::SessionLock::acquire(*holder, db::LockClass::migrate, "schema", {});
    REQUIRE(held);
    auto settings = database.settings();
    settings.lock_timeout = std::chrono::milliseconds(30);
    const auto connection = db::connect(settings);
    CHECK(error_of([&] { db::apply_migrations(*connection, files(), ""); }).exit() ==
          Exit::try_again);
    CHECK(states(*connection, files()) == "ppp0");
}

TEST_CASE("status, plan and apply over the databases of an installation") {
    const TempDatabase one(TempDatabase::Kind::empty), two(TempDatabase::Kind::empty);
    const std::vector<migrate::Database> databases{{"default", one.settings(), {"ops", "harmonia"}},
                                                   {"books", two.settings(), {"ops"}}};
    CHECK(migrate::status(k_files, databases).size() == 5);
    const std::string plan = migrate::plan(k_files, databases);
    CHECK_THAT(plan, Catch::Contains("-- default: harmonia/0001_things\nCREATE TABLE") &&
                         Catch::Contains("-- books: ops/0001_base"));
    CHECK(one.text("SELECT to_regclass('ops.schema_history')").empty());

    const auto applied = migrate::apply(k_files, databases, "1");
    CHECK(applied.migrations.size() == 5);
    CHECK(applied.migrations.back() == "books: ops/0002_index");
    CHECK(migrate::plan(k_files, databases).empty());
    CHECK(two.text("SELECT to_regclass('harmonia.thing')").empty());

    two.execute(
        "INSERT INTO ops.schema_history VALUES ('ops', 3, 'later', 'x', now(), 'x', 0, '9')");
    const auto lines = migrate::status(k_files, databases);
    CHECK(lines.back().state == "unknown");
    CHECK(lines.back().database == "books");
    CHECK(lines.back().name == "later");
    CHECK(lines.back().number == 3);
}

TEST_CASE("await ends when another process has migrated, and gives up when none does") {
    const TempDatabase database(TempDatabase::Kind::empty);
    const std::vector<migrate::Database> databases{{"default", database.settings(), k_areas}};
    CHECK(error_of([&] { migrate::await(k_files, databases, {}); }).exit() == Exit::try_again);
    std::jthread other([&] { migrate::apply(k_files, databases, ""); });
    migrate::await(k_files, databases, std::chrono::minutes(5));
    other.join();

    auto absent = databases;
    absent[0].settings.dsn = "host=127.0.0.1 port=1";
    CHECK(error_of([&] { migrate::await(k_files, absent, {}); }).exit() == Exit::try_again);
    database.execute("UPDATE ops.schema_history SET sha256 = 'x'");
    CHECK(error_of([&] { migrate::await(k_files, databases, std::chrono::hours(9)); }).exit() ==
          Exit::config);
}

TEST_CASE("the program's own migrations apply to an empty database") {
    const TempDatabase database; // made of them
    const auto connection = database.connect();
    const auto own =
        db::list_migrations(embedded::migrations(), migrate::areas_of(embedded::migrations()));
    std::vector<std::string> extra;
    for (const MigrationState& s : db::migration_status(*connection, own, extra))
        CHECK(s.state == MigrationState::State::applied);
    CHECK(extra.empty());
    // Names in code are short because search_path finds them: no name may exist twice.
    CHECK(database
              .text("SELECT string_agg(relname, ' ') FROM (SELECT relname FROM pg_class c"
                    " JOIN pg_namespace n ON n.oid = relnamespace AND nspname IN"
                    " ('ops', 'harmonia', 'public') WHERE relkind IN ('r', 'p', 'v')"
                    " GROUP BY relname HAVING count(*) > 1) x")
              .empty());
}
