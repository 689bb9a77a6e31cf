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
