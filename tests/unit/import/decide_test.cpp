#include "jobs/import/decide/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::importing;
using State = PriorBatch::State;

TEST_CASE("a file is refused when more of it is bad than its feed accepts") {
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

TEST_CASE("an open batch is resumed only where a record still ends at its checkpoint") {
    const PriorBatch open{State::open, "a.csv", 100, 7, {}};
    CHECK(resume_plan(open, "a.csv", true, {}, 7) == ResumePlan::resume);
    CHECK(resume_plan(open, "b.csv", false, {}, 7) == ResumePlan::resume);
    CHECK(resume_plan(open, "a.csv", true, {}, 8) == ResumePlan::supersede);
    CHECK(resume_plan(open, "a.csv", true, {}, {}) == ResumePlan::supersede);
    CHECK(resume_plan(open, "a.csv", true, "bad_ratio", 7) == ResumePlan::supersede);
    CHECK(resume_plan({State::open, "a.csv", 0, 0, {}}, "a.csv", true, {}, 0) ==
          ResumePlan::resume);
}

TEST_CASE("a loaded file that still waits in its directory is only moved, any other loaded again") {
    const PriorBatch loaded{State::loaded, "a.csv", 100, 7, {}};
    CHECK(resume_plan(loaded, "a.csv", true, {}, 7) == ResumePlan::finish);
    CHECK(resume_plan(loaded, "a.csv", false, {}, 7) == ResumePlan::load);
    CHECK(resume_plan(loaded, "b.csv", true, {}, 7) == ResumePlan::load);
    CHECK(resume_plan({State::archived, "a.csv", 100, 7, {}}, "a.csv", true, {}, 7) ==
          ResumePlan::load);
}

TEST_CASE("a refused file is checked again unless it would be refused for the same reason") {
    const PriorBatch refused{State::refused, "a.csv", 0, 0, "bad_ratio: 5 of 9"};
    CHECK(resume_plan(refused, "a.csv", true, "bad_ratio: 5 of 9", {}) == ResumePlan::finish);
    CHECK(resume_plan(refused, "a.csv", true, "bad_ratio: 4 of 9", {}) == ResumePlan::load);
    CHECK(resume_plan(refused, "a.csv", true, {}, {}) == ResumePlan::load);
    CHECK(resume_plan(refused, "a.csv", false, "bad_ratio: 5 of 9", {}) == ResumePlan::load);
}

TEST_CASE("the exit code is that of the worst thing that happened") {
    CHECK(worse(Exit::done, Exit::done) == Exit::done);
    CHECK(worse(Exit::done, Exit::rejected) == Exit::rejected);
    CHECK(worse(Exit::data, Exit::rejected) == Exit::data);
    CHECK(worse(Exit::rejected, Exit::try_again) == Exit::try_again);
    CHECK(worse(Exit::data, Exit::unavailable) == Exit::unavailable);
    CHECK(worse(Exit::unavailable, Exit::done) == Exit::unavailable);
}

TEST_CASE("a message's content type may carry parameters, another case, or be absent") {
    CHECK(content_type_fits("application/json", {}));
    CHECK(content_type_fits("application/json", "application/json"));
    CHECK(content_type_fits("application/json", "Application/JSON; charset=utf-8"));
    CHECK_FALSE(content_type_fits("application/json", "text/plain"));
    CHECK_FALSE(content_type_fits("application/json", "application/jsonx"));
}

TEST_CASE("all draining runs pause until the same instants, longer each time") {
    using std::chrono::seconds;
    DrainSchedule schedule;
    CHECK(schedule.empty_after() == seconds(1));
    CHECK(schedule.pause_end(seconds(1'000'000'000)) == seconds(1'000'000'005)); // 66'666'667 × 15
    CHECK(schedule.empty_after() == seconds(2));                                 // 30 / 20 = 1
    CHECK(schedule.pause_end(seconds(1'000'000'020)) ==
          seconds(1'000'000'050)); // on a multiple: the next
    for (int i = 0; i < 20; ++i)
        (void)schedule.pause_end(seconds(0));
    CHECK(schedule.pause_end(seconds(7199)) == seconds(7200));
    CHECK(schedule.empty_after() == seconds(181));
}
