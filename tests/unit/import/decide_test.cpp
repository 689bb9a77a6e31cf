#include "jobs/import/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::importing;
using State = Left::State;

TEST_CASE("a file is refused when more of it is bad than its feed takes") {
    const auto refused = [](std::uint64_t bad, std::uint64_t records, Tolerance tolerance) {
        return refusal({records, bad, {}}, tolerance).has_value();
    };
    CHECK_FALSE(refused(0, 0, {}));
    CHECK_FALSE(refused(100, 1000, {}));
    CHECK(refused(101, 1000, {}));
    CHECK(refused(1, 1, {}));
    CHECK_FALSE(refused(1, 1, {1.0, false}));
    CHECK(refused(1, 1000, {0.0, false}));
    CHECK_FALSE(refused(0, 1000, {0.0, true}));
    CHECK(refused(1, 1'000'000, {0.5, true}));
}

TEST_CASE("wrong totals refuse a file without a bad record, and say so") {
    const auto reason = refusal({10, 0, Problem{"trailer_count", {}, "11 instead of 10"}}, {});
    REQUIRE(reason);
    CHECK(*reason == "trailer_count: 11 instead of 10");
}

TEST_CASE("an open batch is gone on with only where a record still ends at its checkpoint") {
    const Left open{State::open, "a.csv", 100, 7, {}};
    CHECK(course(open, "a.csv", true, {}, 7) == Course::resume);
    CHECK(course(open, "b.csv", false, {}, 7) == Course::resume);
    CHECK(course(open, "a.csv", true, {}, 8) == Course::supersede);
    CHECK(course(open, "a.csv", true, {}, {}) == Course::supersede);
    CHECK(course(open, "a.csv", true, "bad_ratio", 7) == Course::supersede);
    CHECK(course({State::open, "a.csv", 0, 0, {}}, "a.csv", true, {}, 0) == Course::resume);
}

TEST_CASE("a loaded file that still waits in its directory is only moved, any other loaded again") {
    const Left loaded{State::loaded, "a.csv", 100, 7, {}};
    CHECK(course(loaded, "a.csv", true, {}, 7) == Course::finish);
    CHECK(course(loaded, "a.csv", false, {}, 7) == Course::load);
    CHECK(course(loaded, "b.csv", true, {}, 7) == Course::load);
    CHECK(course({State::archived, "a.csv", 100, 7, {}}, "a.csv", true, {}, 7) == Course::load);
}

TEST_CASE("a refused file is looked at again unless it would be refused for the same reason") {
    const Left refused{State::refused, "a.csv", 0, 0, "bad_ratio: 5 of 9"};
    CHECK(course(refused, "a.csv", true, "bad_ratio: 5 of 9", {}) == Course::finish);
    CHECK(course(refused, "a.csv", true, "bad_ratio: 4 of 9", {}) == Course::load);
    CHECK(course(refused, "a.csv", true, {}, {}) == Course::load);
    CHECK(course(refused, "a.csv", false, "bad_ratio: 5 of 9", {}) == Course::load);
}

TEST_CASE("the exit code tells the gravest thing that happened") {
    CHECK(graver(Exit::done, Exit::done) == Exit::done);
    CHECK(graver(Exit::done, Exit::rejected) == Exit::rejected);
    CHECK(graver(Exit::data, Exit::rejected) == Exit::data);
    CHECK(graver(Exit::rejected, Exit::try_again) == Exit::try_again);
    CHECK(graver(Exit::data, Exit::unavailable) == Exit::unavailable);
    CHECK(graver(Exit::unavailable, Exit::done) == Exit::unavailable);
}

TEST_CASE("a message's content type may carry parameters, another case, or be absent") {
    CHECK(content_type_fits("application/json", {}));
    CHECK(content_type_fits("application/json", "application/json"));
    CHECK(content_type_fits("application/json", "Application/JSON; charset=utf-8"));
    CHECK_FALSE(content_type_fits("application/json", "text/plain"));
    CHECK_FALSE(content_type_fits("application/json", "application/jsonx"));
}

TEST_CASE("whoever drains rests until the same instants, longer each time") {
    using std::chrono::seconds;
    Drainage drainage;
    CHECK(drainage.patience() == seconds(1));
    CHECK(drainage.rest(seconds(1'000'000'000)) == seconds(1'000'000'005)); // 66'666'667 × 15
    CHECK(drainage.patience() == seconds(2));                               // 30 / 20 = 1
    CHECK(drainage.rest(seconds(1'000'000'020)) ==
          seconds(1'000'000'050)); // on a multiple: the next
    for (int i = 0; i < 20; ++i)
        (void)drainage.rest(seconds(0));
    CHECK(drainage.rest(seconds(7199)) == seconds(7200));
    CHECK(drainage.patience() == seconds(181));
}
