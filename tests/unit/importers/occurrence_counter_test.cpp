#include "importers/sink/occurrence_counter.hpp"
#include "tests/support/catch.hpp"

#include <string>

using harmonia::importers::OccurrenceCounter;

TEST_CASE("equal records get numbers in the order of the file, the same ones each time") {
    for (int time = 0; time < 2; ++time) {
        OccurrenceCounter occurrences(OccurrenceCounter::Mode::survey);
        for (const char* id : {"a", "b", "a", "c", "a"})
            CHECK(occurrences.occurrence(id) == 1);
        CHECK(occurrences.any());
        occurrences.start_counting();
        CHECK(occurrences.occurrence("a") == 1);
        CHECK(occurrences.occurrence("b") == 1);
        CHECK(occurrences.occurrence("a") == 2);
        CHECK(occurrences.occurrence("c") == 1);
        CHECK(occurrences.occurrence("a") == 3);
    }
}

TEST_CASE("a message that comes again is the same message") {
    OccurrenceCounter occurrences(OccurrenceCounter::Mode::messages);
    CHECK(occurrences.occurrence("a") == 1);
    CHECK(occurrences.occurrence("a") == 1);
}

TEST_CASE("false alarms of the survey do not change numbers") {
    OccurrenceCounter occurrences(OccurrenceCounter::Mode::survey);
    constexpr int k_ids = 200'000;
    for (int i = 0; i < k_ids; ++i)
        (void)occurrences.occurrence("id" + std::to_string(i));
    occurrences.start_counting();
    int wrong = 0;
    for (int i = 0; i < k_ids; ++i)
        wrong += occurrences.occurrence("id" + std::to_string(i)) == 1 ? 0 : 1;
    CHECK(wrong == 0);
}
