// Which migrations belong where, and new migration files.
#include "core/base/hash.hpp"
#include "core/db/migrate.hpp"
#include "jobs/migrate/load.hpp"
#include "jobs/migrate/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>

using namespace harmonia;
using Files = std::vector<Embedded>;

namespace {

std::vector<std::string> names(const Files& files, const std::vector<std::string>& areas) {
    std::vector<std::string> out;
    for (const db::Migration& m : db::list_migrations(files, areas))
        out.push_back(m.area + std::to_string(m.number) + m.name);
    return out;
}

Exit refusal(const Files& files) {
    try {
        static_cast<void>(db::list_migrations(files, {"a", "ops"}));
    } catch (const Error& error) {
        return error.exit();
    }
    return Exit::done;
}

} // namespace

TEST_CASE("migrations are listed ops first, then by area and number") {
    const Files files{{"migrations/a/0001_x.sql", ""},
                      {"migrations/a/0002_y.sql", ""},
                      {"migrations/b/0001_z.sql", ""},
                      {"migrations/ops/0001_base.sql", ""}};
    CHECK(names(files, {"a", "ops"}) == std::vector<std::string>{"ops1base", "a1x", "a2y"});
    CHECK(names(files, {"b"}) == std::vector<std::string>{"b1z"});
    CHECK(migrate::areas_of(files) == std::vector<std::string>{"ops", "a", "b"});
}

TEST_CASE("a migration knows its digest and whether it wants a transaction") {
    const Files files{{"migrations/a/0001_x.sql", "SELECT 1"},
                      {"migrations/a/0002_y.sql", "-- harmonia: no-transaction\nVACUUM"}};
    const auto list = db::list_migrations(files, {"a"});
    CHECK(list[0].sha256 == sha256_hex("SELECT 1"));
    CHECK(list[0].transactional);
    CHECK_FALSE(list[1].transactional);
}

TEST_CASE("a gap, a duplicate or a malformed name is refused") {
    CHECK(refusal({{"migrations/a/0001_x.sql", ""}, {"migrations/a/0002_y.sql", ""}}) ==
          Exit::done);
    CHECK(refusal({{"migrations/a/0001_x.sql", ""}, {"migrations/a/0003_y.sql", ""}}) ==
          Exit::internal);
    CHECK(refusal({{"migrations/a/0002_x.sql", ""}}) == Exit::internal);
    CHECK(refusal({{"migrations/a/0001_x.sql", ""}, {"migrations/a/0001_y.sql", ""}}) ==
          Exit::internal);
    for (const char* path :
         {"migrations/a/1_x.sql", "migrations/a/0001_.sql", "migrations/a/0001x.sql",
          "migrations/0001_x.sql", "migrations/A/0001_x.sql", "migrations/a/0001_x.txt",
          "migrations/a/000a_x.sql", "other/a/0001_x.sql", "migrations/a/0000_x.sql"}) {
        INFO(path);
        CHECK(refusal({{path, ""}}) == Exit::internal);
    }
}

TEST_CASE("new files get the next number of their area") {
    const test::TempDir root;
    CHECK_THROWS_AS(migrate::create(root.path(), "ops", "x"), Error);
    std::filesystem::create_directories(root.path() + "/migrations/ops");
    std::filesystem::copy_file(root.write("x", ""), root.path() + "/migrations/ops/0007_x.sql");
    CHECK(migrate::create(root.path(), "ops", "add_y").filename() == "0008_add_y.sql");
    CHECK(migrate::create(root.path(), "ops", "add_z").filename() == "0009_add_z.sql");
    CHECK(migrate::create(root.path(), "fresh", "base").filename() == "0001_base.sql");
    for (const char* bad : {"", "../x", "A", "9x", "a b", "a-b"}) {
        INFO(bad);
        CHECK_THROWS_AS(migrate::create(root.path(), "ops", bad), Error);
        CHECK_THROWS_AS(migrate::create(root.path(), bad, "x"), Error);
    }
}
