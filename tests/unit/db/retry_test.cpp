#include "core/db/columns.hpp"
#include "core/db/retry.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::db;

namespace {

Failure failure(const std::string& sqlstate) {
    return {Exit::try_again, sqlstate, "refused"};
}

/// How often work is called that fails `failures` times with this SQLSTATE.
int calls(const RetryLimit& limit, int failures, const std::string& sqlstate) {
    int called = 0;
    try {
        retry_on_conflict(
            limit,
            [&] {
                if (++called <= failures)
                    throw failure(sqlstate);
                return called;
            });
    } catch (const Failure&) {
        return -called;
    }
    return called;
}

} // namespace

TEST_CASE("work that met another session is called again, a bounded number of times") {
    CHECK(calls({}, 0, "40001") == 1);
    CHECK(calls({}, 2, "40001") == 3);
    CHECK(calls({}, 2, "40P01") == 3);
    CHECK(calls({}, 4, "40001") == 5);
    CHECK(calls({}, 5, "40001") == -5);
    CHECK(calls({.tries = 2}, 2, "40001") == -2);
}

TEST_CASE("a unique violation is a conflict only where the limit says so") {
    CHECK(calls({}, 1, "23505") == -1);
    CHECK(calls({.unique_violations = true}, 1, "23505") == 2);
    CHECK(calls({.unique_violations = true}, 1, "23514") == -1);
}

TEST_CASE("work may report a conflict itself; other exceptions pass") {
    int called = 0;
    const RetryLimit limit{.tries = 3, .pause_max = std::chrono::milliseconds(1)};
    CHECK(retry_on_conflict(limit, [&] {
              if (++called < 3)
                  throw Conflict("a row went away");
              return std::string("done");
          }) == "done");
    called = 0;
    const auto conflicting = [&] {
        ++called;
        throw Conflict("a row went away");
    };
    CHECK_THROWS_AS(retry_on_conflict(limit, conflicting), Conflict);
    CHECK(called == 3);
    called = 0;
    const auto broken = [&] {
        ++called;
        throw Error(Exit::io, "disk full");
    };
    CHECK_THROWS_AS(retry_on_conflict(limit, broken), Error);
    CHECK(called == 1);
}

TEST_CASE("data errors are those of the rows") {
    for (const char* state : {"22003", "23502", "23505", "54000"})
        CHECK(is_data_error(failure(state)));
    for (const char* state : {"", "40001", "57014", "XX000", "08006"})
        CHECK_FALSE(is_data_error(failure(state)));
}

TEST_CASE("a list of columns gives the text of a SELECT and the names of a COPY") {
    enum class Column { id, amount };
    static constexpr auto k_columns =
        columns<Column>({{Column::id, "id"}, {Column::amount, "spend_amount"}});
    CHECK(k_columns.list() == "id, spend_amount");
    CHECK(k_columns.list("x.") == "x.id, x.spend_amount");
    CHECK(k_columns.names() == std::vector<std::string>{"id", "spend_amount"});
    CHECK(k_columns.size() == 2);
}
