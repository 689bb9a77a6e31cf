// The states of a held payment and which moves between them exist. Pure.
//
//   HELD      → APPROVED, REVIEW, DECLINED   a verdict
//   REVIEW    → APPROVED, DECLINED           a person, or a new revision of the verdict
//   APPROVED  → REVIEW                       a new revision, unless `match` has admitted it
//   DECLINED  → REVIEW                       a new revision that is milder
//   DECLINED  → APPROVED                     a person's override, with a reason
//   HELD, REVIEW, APPROVED → VOID            its source, unless `match` has admitted it
//
// A move increments standing.state_version and succeeds only if the version is still the one that
// was read.
#pragma once

#include <string_view>

namespace harmonia::screen {

enum class State { held, approved, review, declined, voided };
enum class Mover { verdict, revision, person, override_by_person, source };

/// `HELD`, …: the values of harmonia.payment_transaction.screen.
[[nodiscard]] std::string_view state_name(State state);
/// Error(internal) for any other text, also for NONE, which is the state of unscreened payments.
[[nodiscard]] State parse_state(std::string_view name);

[[nodiscard]] bool may_move(State from, State to, Mover mover);
/// Error(internal), exit 70, for a move that does not exist.
void check_move(State from, State to, Mover mover);

/// The state after a new revision of a verdict; `from`: it does not change. `handed_over`: match
/// has admitted the payment, which no longer moves.
[[nodiscard]] State after_revision(State from, State verdict, bool handed_over);

} // namespace harmonia::screen
