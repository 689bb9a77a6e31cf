#include "jobs/screen/judge/payment_state.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>

#include <array>

namespace harmonia::screen {
namespace {

constexpr std::array<std::string_view, 5> k_names{"HELD", "APPROVED", "REVIEW", "DECLINED", "VOID"};

} // namespace

std::string_view state_name(State state) {
    return k_names.at(static_cast<std::size_t>(state));
}

State parse_state(std::string_view name) {
    for (std::size_t i = 0; i < k_names.size(); ++i)
        if (k_names.at(i) == name)
            return static_cast<State>(i);
    throw Error(Exit::internal, fmt::format("unknown state of a held payment '{}'", name));
}

bool may_move(State from, State to, Mover mover) {
    switch (mover) {
    case Mover::verdict:
        return from == State::held && to != State::held && to != State::voided;
    case Mover::revision:
        return (from == State::review && (to == State::approved || to == State::declined)) ||
               (from == State::approved && to == State::review) ||
               (from == State::declined && to == State::review);
    case Mover::person:
        return from == State::review && (to == State::approved || to == State::declined);
    case Mover::override_by_person:
        return from == State::declined && to == State::approved;
    case Mover::source:
        return to == State::voided && from != State::declined && from != State::voided;
    }
    return false;
}

void check_move(State from, State to, Mover mover) {
    if (!may_move(from, to, mover))
        throw Error(Exit::internal, fmt::format("a payment cannot move from {} to {} this way",
                                                state_name(from), state_name(to)));
}

State after_revision(State from, State verdict, bool handed_over) {
    if (handed_over || from == verdict)
        return from;
    if (from == State::review)
        return verdict;
    if (from == State::approved || (from == State::declined && verdict != State::declined))
        return State::review;
    return from;
}

} // namespace harmonia::screen
