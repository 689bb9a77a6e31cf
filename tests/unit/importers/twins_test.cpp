#include "importers/twins.hpp"
#include "tests/support/catch.hpp"

#include <string>

using harmonia::importers::Twins;

TEST_CASE("twins get numbers in the order of the file, the same ones each time") {
    for (int time = 0; time < 2; ++time) {
        Twins twins(Twins::Mode::survey);
        for (const char* id : {"a", "b", "a", "c", "a"})
            CHECK(twins.occurrence(id) == 1);
        CHECK(twins.any());
        twins.start_counting();
        CHECK(twins.occurrence("a") == 1);
        CHECK(twins.occurrence("b") == 1);
        CHECK(twins.occurrence("a") == 2);
        CHECK(twins.occurrence("c") == 1);
        CHECK(twins.occurrence("a") == 3);
    }
}

TEST_CASE("a message that comes again is the same message") {
    Twins twins(Twins::Mode::messages);
    CHECK(twins.occurrence("a") == 1);
    CHECK(twins.occurrence("a") == 1);
}

TEST_CASE("false alarms of the survey do not change numbers") {
    Twins twins(Twins::Mode::survey);
    constexpr int k_ids = 200'000;
    for (int i = 0; i < k_ids; ++i)
        (void)twins.occurrence("id" + std::to_string(i));
    twins.start_counting();
    int wrong = 0;
    for (int i = 0; i < k_ids; ++i)
        wrong += twins.occurrence("id" + std::to_string(i)) == 1 ? 0 : 1;
    CHECK(wrong == 0);
}
