#include "core/claim/ladder.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia::claim;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

Instant at(int day, int hour, int minute) {
    return sys_days(year(2022) / June / day) + hours(hour) + minutes(minute);
}

// "HH:MM" in UTC; the calendar of real zones is core/time's and tested there.
Instant next_utc(const std::string& text, const std::string& zone, Instant now) {
    CHECK(zone == "UTC");
    const auto time = hours(std::stoi(text.substr(0, 2))) + minutes(std::stoi(text.substr(3)));
    const Instant today = floor<days>(now) + time;
    return today > now ? today : today + days(1);
}

std::optional<Instant> next(const Ladder& ladder, int attempt, Instant now) {
    return next_attempt(ladder, attempt, now, next_utc);
}

const Ladder k_default{{4, 20min}};
const Ladder k_wasabi{{1, 20min}, {6, 0ms, "10:00"}};
const Ladder k_stonegate{{2, 20min}, {31, 0ms, "10:00"}};
const Ladder k_tgi{{2, 20min}, {7, 0ms, "10:00"}};

int attempts(const Ladder& ladder) {
    int n = 0;
    while (next(ladder, n, at(1, 12, 0)))
        ++n;
    return n + 1;
}

} // namespace

TEST_CASE("M-68 Wasabi: 20 minutes once, then six mornings, then failed") {
    CHECK(next(k_wasabi, 0, at(1, 11, 0)) == at(1, 11, 20));
    CHECK(next(k_wasabi, 1, at(1, 11, 0)) == at(2, 10, 0));
    CHECK(next(k_wasabi, 1, at(1, 9, 0)) == at(1, 10, 0));
    CHECK(next(k_wasabi, 6, at(1, 9, 0)) == at(1, 10, 0));
    CHECK_FALSE(next(k_wasabi, 7, at(1, 11, 0)));
}

TEST_CASE("M-69 Stonegate: the gate used attempt 0, one quick retry, then mornings") {
    CHECK(next(k_stonegate, 0, at(1, 11, 0)) == at(1, 11, 20));
    CHECK(next(k_stonegate, 1, at(1, 11, 0)) == at(1, 11, 20));
    CHECK(next(k_stonegate, 2, at(1, 11, 0)) == at(2, 10, 0));
    CHECK(next(k_stonegate, 32, at(1, 11, 0)) == at(2, 10, 0));
    CHECK_FALSE(next(k_stonegate, 33, at(1, 11, 0)));
    CHECK_FALSE(next(k_stonegate, 40, at(1, 11, 0)));
}

TEST_CASE("ladders allow as many attempts as the specification counts") {
    CHECK(attempts(k_default) == 5);
    CHECK(attempts({{5, 20min}}) == 6); // the-works
    CHECK(attempts(k_wasabi) == 8);
    CHECK(attempts(k_stonegate) == 34);
    CHECK(attempts(k_tgi) == 10);
    CHECK(attempts({}) == 1);
}

TEST_CASE("a failure exactly at the hour waits for the next day") {
    CHECK(next(k_wasabi, 1, at(1, 10, 0)) == at(2, 10, 0));
}
