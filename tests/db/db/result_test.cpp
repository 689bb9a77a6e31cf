#include "core/db/connection.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace harmonia;
using namespace harmonia::db;

namespace {

struct Session {
    std::unique_ptr<Connection> connection = test::fresh().connect();
    Transaction tx{*connection};
};

} // namespace

TEST_CASE("a row is read by the names of its columns, in any order") {
    Session s;
    const Row row = s.tx.exec(R"(
        SELECT 'text'::text AS t, 9000000000 AS n, true AS b, 1.5::float8 AS d, 0.1::real AS r,
               '{a,"b,c"}'::text[] AS ts, '{1,2}'::bigint[] AS ns, '\x00ff'::bytea AS raw,
               '2026-11-21 05:47:49.5+01'::timestamptz AS at, '2026-11-21'::date AS day)")
                        .only();
    CHECK(row.date("day").days == 20'778);
    CHECK(row.text("t") == "text");
    CHECK(row.text("t") == "text");
    CHECK(row.integer("n") == 9'000'000'000);
    CHECK(row.boolean("b"));
    CHECK(row.real("d") == 1.5);
    CHECK(row.single("r") == 0.1F);
    CHECK(row.texts("ts") == std::vector<std::string>{"a", "b,c"});
    CHECK(row.integers("ns") == std::vector<std::int64_t>{1, 2});
    CHECK(row.bytes("raw") == std::string("\x00\xff", 2));
    CHECK(row.instant("at") == Instant{1'795'236'469'500'000});
    CHECK(row.optional_text("t") == "text");
    CHECK(row.optional_integer("n") == 9'000'000'000);
    CHECK(row.optional_boolean("b") == true);
    CHECK(row.optional_real("d") == 1.5);
    CHECK(row.optional_date("day") == Date{20'778});
    CHECK(row.optional_instant("at") == Instant{1'795'236'469'500'000});
}

TEST_CASE("null is empty where a function says so, otherwise an error") {
    Session s;
    const Row row = s.tx.exec("SELECT NULL::text AS x, '' AS blank, NULL::bigint[] AS list").only();
    CHECK(row.is_null("x"));
    CHECK_FALSE(row.is_null("blank"));
    CHECK(row.text("x").empty());
    CHECK(row.optional_text("x") == std::nullopt);
    CHECK(row.optional_text("blank") == "");
    CHECK(row.optional_integer("x") == std::nullopt);
    CHECK(row.optional_boolean("x") == std::nullopt);
    CHECK(row.optional_instant("x") == std::nullopt);
    CHECK(row.optional_date("x") == std::nullopt);
    CHECK(row.optional_real("x") == std::nullopt);
    CHECK(row.integers("list").empty());
    CHECK(row.texts("x").empty());
    CHECK(row.bytes("x").empty());
    CHECK_THROWS_AS(row.integer("x"), Error);
    CHECK_THROWS_AS(row.boolean("x"), Error);
    CHECK_THROWS_AS(row.instant("x"), Error);
    CHECK_THROWS_AS(row.date("x"), Error);
    CHECK_THROWS_AS(row.real("x"), Error);
}

TEST_CASE("a column that is missing or of another type is a defect") {
    Session s;
    const Result result = s.tx.exec("SELECT 'x' AS t");
    for (const auto& read : std::vector<std::function<void()>>{
             [&] { (void)result.only().text("u"); }, [&] { (void)result.only().integer("t"); },
             [&] { (void)result.only().instant("t"); }, [&] { (void)result.only().texts("t"); },
             [&] { (void)result.only().bytes("t"); }, [&] { (void)result.column("u"); }}) {
        try {
            read();
            FAIL("read");
        } catch (const Error& error) {
            CHECK(error.exit() == Exit::internal);
        }
    }
}

TEST_CASE("rows are iterated in order and outlive their result") {
    Session s;
    std::vector<std::int64_t> numbers;
    for (const Row row : s.tx.exec("SELECT n FROM generate_series(1, 3) n ORDER BY n"))
        numbers.push_back(row.integer("n"));
    CHECK(numbers == std::vector<std::int64_t>{1, 2, 3});
    const Row last = s.tx.exec("SELECT 'kept' AS t UNION ALL SELECT 'last'").row(1);
    CHECK(last.text("t") == "last");
    CHECK_THROWS_AS(s.tx.exec("SELECT 1 AS n WHERE false").only(), Error);
    CHECK_THROWS_AS(s.tx.exec("SELECT 1 AS n UNION ALL SELECT 2").only(), Error);
    CHECK_FALSE(s.tx.exec("SELECT 1 AS n WHERE false").optional_row());
    CHECK(s.tx.exec("SELECT 1 AS n").optional_row()->integer("n") == 1);
    CHECK_THROWS_AS(s.tx.exec("SELECT 1 AS n UNION ALL SELECT 2").optional_row(), Error);
}

TEST_CASE("parameters and COPY fields arrive as the values they are") {
    Session s;
    const Instant instant{1'795'236'469'207'247};
    ArrayText texts;
    texts.add("a,\"b\"\\");
    texts.add_null();
    const Row echo = s.tx.exec(R"(
        SELECT $1::timestamptz AS at, $2::date AS day, $3::float8 AS d, $4::real AS r,
               cardinality($5::text[]) AS size, ($5::text[])[1] AS first, $6::timestamptz AS none)",
                               instant, Date{20'778}, 0.1, 0.1F, texts, std::optional<Instant>())
                         .only();
    CHECK(echo.instant("at") == instant);
    CHECK(echo.date("day") == Date{20'778});
    CHECK(echo.real("d") == 0.1);
    CHECK(echo.single("r") == 0.1F);
    CHECK(echo.integer("size") == 2);
    CHECK(echo.text("first") == "a,\"b\"\\");
    CHECK(echo.is_null("none"));

    s.tx.script("CREATE TEMP TABLE v (at timestamptz, day date, d float8, list text[], n bigint)");
    enum class Column { at, day, d, list, n };
    {
        CopyIn copy(s.tx, "v", {"at", "day", "d", "list", "n"});
        copy.field(Column::at, instant).field(Column::day, Date{20'778}).field(Column::d, 0.1);
        copy.field(Column::list, texts);
        copy.field(Column::n, std::numeric_limits<std::int64_t>::min());
        copy.end_row();
        copy.finish();
    }
    const Row row = s.tx.exec("SELECT *, list[1] AS first FROM v").only();
    CHECK(row.instant("at") == instant);
    CHECK(row.date("day") == Date{20'778});
    CHECK(row.real("d") == 0.1);
    CHECK(row.text("first") == "a,\"b\"\\");
    CHECK(row.integer("n") == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("the transaction's time stands still, the server's clock does not") {
    Session s;
    const Instant begun = server_time(s.tx);
    const Instant before = server_clock(s.tx);
    s.tx.exec("SELECT pg_sleep(0.002)");
    CHECK(server_time(s.tx) == begun);
    CHECK(server_clock(s.tx) > before);
    CHECK(begun <= before);
}
