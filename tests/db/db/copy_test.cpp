#include "core/db/copy_out.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace harmonia;
using test::TempDatabase;

namespace {

const std::vector<std::string> k_awkward{
    "",
    "plain",
    "tab\there",
    "line\nbreak",
    "cr\rhere",
    "back\\slash",
    "\\N",
    "\\.",
    "\\t",
    "ends with \\",
    "ünïcödé €",
    "日本語のテキスト",
    "\x01\x02\b\f\v",
    "12345678\t",
    "1234567\\",
    "a\tb\nc\\d\re and a longer tail to pass eight bytes more than once"};

std::string random_text(std::mt19937& random) {
    static constexpr std::string_view k_alphabet = "ab\\\t\n\rN.\x01 z";
    std::string out(random() % 40, ' ');
    for (char& c : out)
        c = k_alphabet[random() % k_alphabet.size()];
    return out;
}

std::vector<std::optional<std::string>> read_back(const TempDatabase& database) {
    db::CopyOut copy(database.settings(), "", "SELECT id, v FROM t ORDER BY id");
    std::vector<std::optional<std::string>> out;
    for (auto row = copy.next(); !row.empty(); row = copy.next()) {
        REQUIRE(row.size() == 2);
        CHECK(row[0].text == std::to_string(out.size()));
        out.push_back(row[1].null ? std::nullopt
                                  : std::optional<std::string>(std::string(row[1].text)));
    }
    CHECK(copy.next().empty());
    return out;
}

} // namespace

TEST_CASE("COPY in and out returns every text unchanged") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int, v text)");
    std::vector<std::optional<std::string>> values(k_awkward.begin(), k_awkward.end());
    values.emplace_back(std::nullopt);
    std::mt19937 random(20181105);
    for (int i = 0; i < 20'000; ++i) // several flushes
        values.emplace_back(random_text(random));

    const auto connection = database.connect();
    db::Transaction tx(*connection);
    {
        db::CopyIn copy(tx, "t", {"id", "v"});
        for (std::size_t i = 0; i < values.size(); ++i) {
            copy.field(i).field(values[i]);
            copy.end_row();
        }
        copy.finish();
    }
    tx.commit(Failpoint::migrate_commit);
    CHECK(read_back(database) == values);
    // And as the server sees them, not only as our two halves agree.
    CHECK(database.count("SELECT count(*) FROM t WHERE v = E'tab\\there'") == 1);
    CHECK(database.text("SELECT v FROM t WHERE id = 6") == "\\N");
    CHECK(database.count("SELECT count(*) FROM t WHERE v IS NULL") == 1);
}

TEST_CASE("COPY in takes numbers, booleans and nulls, and a schema-qualified table") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE SCHEMA s; CREATE TABLE s.t (a bigint, b boolean, c text, d int)");
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    db::CopyIn copy(tx, "s.t", {"a", "b", "c", "d"});
    copy.field(std::numeric_limits<long long>::min())
        .field(true)
        .field("text")
        .field(std::optional<int>());
    copy.end_row();
    copy.finish();
    tx.commit(Failpoint::migrate_commit);
    CHECK(database.text("SELECT t::text FROM s.t") == "(-9223372036854775808,t,text,)");
}

TEST_CASE("an abandoned COPY leaves nothing and cannot be committed") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int)");
    const auto connection = database.connect();
    {
        db::Transaction tx(*connection);
        {
            db::CopyIn copy(tx, "t", {"id"});
            for (int i = 0; i < 50'000; ++i) {
                copy.field(i);
                copy.end_row();
            }
        }
        CHECK_THROWS_AS(tx.commit(Failpoint::migrate_commit), Error);
    }
    CHECK(database.count("SELECT count(*) FROM t") == 0);
}

TEST_CASE("a bad row in a COPY is the server's error, without the row's content") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int, v text)");
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    db::CopyIn copy(tx, "t", {"id", "v"});
    copy.field("not a number").field("4111111111111111 secret");
    copy.end_row();
    try {
        copy.finish();
        FAIL("the server took it");
    } catch (const db::Failure& failure) {
        CHECK(failure.sqlstate() == "22P02");
        CHECK_THAT(std::string(failure.what()), !Catch::Contains("secret"));
    }
    CHECK_THROWS_AS(tx.commit(Failpoint::migrate_commit), Error);
}

TEST_CASE("a COPY whose session dies is Failure 69") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int)");
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    db::CopyIn copy(tx, "t", {"id"});
    database.kill_backend(connection->backend_pid());
    try {
        for (int i = 0; i < 1'000'000; ++i) {
            copy.field(i);
            copy.end_row();
        }
        copy.finish();
        FAIL("nobody noticed");
    } catch (const db::Failure& failure) {
        CHECK(failure.exit() == Exit::unavailable);
    }
}

TEST_CASE("streams under one exported snapshot see one state") {
    const TempDatabase& database = test::fresh();
    database.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    const auto connection = database.connect();
    db::Transaction reader(*connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = reader.export_snapshot();
    database.execute("INSERT INTO t VALUES (2)");
    const auto rows = [&](const std::string& under) {
        db::CopyOut copy(database.settings(), under, "SELECT id FROM t");
        int n = 0;
        while (!copy.next().empty())
            ++n;
        return n;
    };
    CHECK(rows(snapshot) == 1);
    CHECK(rows(snapshot) == 1);
    CHECK(rows("") == 2);
}

TEST_CASE("COPY out reports what the server refuses, also in the middle") {
    const TempDatabase& database = test::fresh();
    CHECK_THROWS_AS(db::CopyOut(database.settings(), "", "SELECT * FROM nowhere"), db::Failure);
    CHECK_THROWS_AS(db::CopyOut(database.settings(), "00000003-00000001-1", "SELECT 1"),
                    db::Failure);
    CHECK_THROWS_AS(db::CopyOut(database.settings(), "", "DELETE FROM ops.reject RETURNING id"),
                    db::Failure);
    db::CopyOut copy(database.settings(), "",
                     "SELECT 1 / (100000 - n) FROM generate_series(1, "
                     "100000) n");
    const auto drain = [&] {
        while (!copy.next().empty()) {
        }
    };
    try {
        drain();
        FAIL("division by zero went unnoticed");
    } catch (const db::Failure& failure) {
        CHECK(failure.sqlstate() == "22012");
    }
}

TEST_CASE("literals and identifiers survive what is put into them") {
    const TempDatabase& database = test::fresh();
    for (const std::string& text : k_awkward)
        CHECK(database.text("SELECT" + (" " + db::quoted_literal(text))) == text);
    CHECK(database.text("SELECT" + (" " + db::quoted_literal("it's 'so'"))) == "it's 'so'");
    CHECK(db::quoted_identifier("mid_2") == "\"mid_2\"");
    for (const char* bad : {"", "2x", "Abc", "a b", "a\"b", "a;b"})
        CHECK_THROWS_AS(db::quoted_identifier(bad), Error);
}
