// The tree keeps the rules of the house; and each rule sees a breach when there is one.
#include "tests/support/catch.hpp"
#include "tests/unit/tidy/tree.hpp"

using namespace harmonia::tidy;

namespace {

const Tree& checkout() {
    static const Tree tree = Tree::of_checkout();
    return tree;
}

#define REQUIRE_NONE(complaints)                                                                   \
    do {                                                                                           \
        const Complaints found = complaints;                                                       \
        INFO(joined(found));                                                                       \
        REQUIRE(found.empty());                                                                    \
    } while (false)

} // namespace

TEST_CASE("the checkout is found and read") {
    REQUIRE(checkout().has("CMakeLists.txt"));
    REQUIRE(checkout().has("core/base/error.hpp"));
    REQUIRE(checkout().has("s/test"));
    REQUIRE(checkout().files.size() > 50);
}

TEST_CASE("files, lines and functions keep their size") {
    REQUIRE_NONE(check_layout(checkout()));
}

TEST_CASE("includes follow the arrows") {
    REQUIRE_NONE(check_arrows(checkout()));
}

TEST_CASE("third-party headers stay in their room") {
    REQUIRE_NONE(check_rooms(checkout()));
}

TEST_CASE("decide is pure") {
    REQUIRE_NONE(check_decide(checkout()));
}

TEST_CASE("every source belongs to a library") {
    REQUIRE_NONE(check_libraries(checkout()));
}

TEST_CASE("commit, acknowledge, confirm and rename are core's, with a failpoint") {
    REQUIRE_NONE(check_acts(checkout()));
}

TEST_CASE("every failpoint is used") {
    REQUIRE_NONE(check_failpoints(checkout()));
}

TEST_CASE("jobs have their four files") {
    REQUIRE_NONE(check_jobs(checkout()));
}

TEST_CASE("commands have their source, man page and line in the README") {
    REQUIRE_NONE(check_commands(checkout()));
}

TEST_CASE("migrations are numbered without a gap") {
    REQUIRE_NONE(check_migrations(checkout()));
}

TEST_CASE("no work left undone, no path of one machine") {
    REQUIRE_NONE(check_words(checkout()));
}

TEST_CASE("documents name only files that exist") {
    REQUIRE_NONE(check_docs(checkout()));
}

TEST_CASE("a type is defined once in its namespace") {
    REQUIRE_NONE(check_types(checkout()));
}

TEST_CASE("a limit of one name has one value") {
    REQUIRE_NONE(check_constants(checkout()));
}

TEST_CASE("a function is defined in the source of its header") {
    REQUIRE_NONE(check_definitions(checkout()));
}

TEST_CASE("SQL stands in load, store, sink and manage") {
    REQUIRE_NONE(check_sql_home(checkout()));
}

TEST_CASE("a statement over a line is one raw string") {
    REQUIRE_NONE(check_sql_layout(checkout()));
}

TEST_CASE("the server's time is asked in one place") {
    REQUIRE_NONE(check_server_time(checkout()));
}

TEST_CASE("messages, help and documents are English") {
    REQUIRE_NONE(check_english(checkout()));
}
