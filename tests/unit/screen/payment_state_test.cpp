// The state table of held payments.
#include "core/base/error.hpp"
#include "jobs/screen/judge/payment_state.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <string>

using namespace harmonia;
using namespace harmonia::screen;

TEST_CASE("only the documented moves between states exist") {
    constexpr State k_states[] = {State::held, State::approved, State::review, State::declined,
                                  State::voided};
    const auto moves = [&](Mover mover) {
        std::set<std::string> out;
        for (const State from : k_states)
            for (const State to : k_states)
                if (may_move(from, to, mover))
                    out.insert(std::string(state_name(from)) + " " + std::string(state_name(to)));
        return out;
    };
    using Moves = std::set<std::string>;
    CHECK(moves(Mover::verdict) == Moves{"HELD APPROVED", "HELD REVIEW", "HELD DECLINED"});
    CHECK(moves(Mover::revision) ==
          Moves{"REVIEW APPROVED", "REVIEW DECLINED", "APPROVED REVIEW", "DECLINED REVIEW"});
    CHECK(moves(Mover::person) == Moves{"REVIEW APPROVED", "REVIEW DECLINED"});
    CHECK(moves(Mover::override_by_person) == Moves{"DECLINED APPROVED"});
    CHECK(moves(Mover::source) == Moves{"HELD VOID", "REVIEW VOID", "APPROVED VOID"});
    for (const State state : k_states)
        CHECK(parse_state(state_name(state)) == state);
    CHECK_THROWS_AS(parse_state("NONE"), Error);
    CHECK_THROWS_AS(check_move(State::voided, State::approved, Mover::person), Error);
}
