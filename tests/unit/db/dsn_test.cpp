#include "core/db/dsn.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <sys/stat.h>

using namespace harmonia;
using Catch::Contains;

TEST_CASE("a masked DSN shows everything but passwords") {
    const std::string shown =
        db::masked_dsn("postgresql://ann:p%40ss w0rd@db.example:5433/pay?sslmode=require"
                       "&sslpassword=k3y");
    CHECK_THAT(shown, Contains("user=ann") && Contains("host=db.example") &&
                          Contains("port=5433") && Contains("dbname=pay") &&
                          Contains("sslmode=require") && Contains("password=***") &&
                          Contains("sslpassword=***"));
    CHECK_THAT(shown, !Contains("w0rd") && !Contains("k3y"));
    CHECK(db::masked_dsn("host=h password='it\\'s'").find("it") == std::string::npos);
    CHECK(db::masked_dsn("").empty());
}

TEST_CASE("a malformed DSN is a configuration error that quotes nothing of it") {
    for (const char* dsn : {"host=h pass word=s3cr3t", "postgresql://u:s3cr3t@h/x?nosuch=s3cr3t",
                            "postgresql://u:s3cr3t@[h/x", "s3cr3t", "host='s3cr3t"}) {
        INFO(dsn);
        try {
            static_cast<void>(db::masked_dsn(dsn));
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.exit() == Exit::config);
            CHECK_THAT(error.what() + error.hint(), !Contains("s3cr3t"));
        }
    }
}

TEST_CASE("the connection string keeps what the DSN says and adds what it does not") {
    db::Settings settings;
    settings.dsn = "host=h password='a b\\'c\\\\d' connect_timeout=3";
    settings.application_name = "harmonia/x/1";
    const std::string given = db::connection_string(settings);
    CHECK_THAT(given, Contains("connect_timeout=3") && !Contains("connect_timeout=10"));
    CHECK_THAT(given,
               Contains("application_name=harmonia/x/1") && Contains("client_encoding=UTF8"));
    CHECK_THAT(given, Contains("password='a b\\'c\\\\d'"));
    CHECK_THAT(db::dsn_with_database(settings.dsn, "other"), Contains("dbname=other"));
}

TEST_CASE("a password file wins over the DSN and must be the owner's alone") {
    const test::TempDir folder;
    db::Settings settings;
    settings.dsn = "host=h password=old";
    settings.password_file = folder.write("password", "new one\n");
    REQUIRE(::chmod(settings.password_file.c_str(), 0600) == 0);
    CHECK_THAT(db::connection_string(settings), Contains("password='new one'") && !Contains("old"));
    REQUIRE(::chmod(settings.password_file.c_str(), 0644) == 0);
    CHECK_THROWS_AS(db::connection_string(settings), Error);
}

TEST_CASE("an error names the database as far as the DSN does") {
    CHECK(db::dsn_place("postgresql://u:pw@h:1/pay") == "pay at h:1");
    CHECK_THAT(db::dsn_place("host=h dbname=x"), Contains("x at h:"));
}
