// The states of a held payment and which moves between them exist. Pure.
//
//   HELD      → APPROVED, REVIEW, DECLINED   a verdict
//   REVIEW    → APPROVED, DECLINED           a person, or a new revision of the verdict
//   APPROVED  → REVIEW                       a new revision, unless `match` has admitted it
//   DECLINED  → REVIEW                       a new revision that is milder
//   DECLINED  → APPROVED                     a person's override, with a reason
//   HELD, REVIEW, APPROVED → VOID            its source cancelled it, unless `match` has admitted
//   it
//
// A move counts up standing.state_version and is made only while the version that was read still
// holds.
#pragma once

#include <string_view>

namespace harmonia::screen {

enum class State { held, approved, review, declined, voided };
enum class Mover { verdict, revision, person, override_by_person, source };

/// `HELD`, …: as harmonia.payment_transaction.screen has it.
[[nodiscard]] std::string_view state_name(State state);
/// Error(internal) for a text that is no state of a held payment (NONE among them).
[[nodiscard]] State parse_state(std::string_view name);

[[nodiscard]] bool may_move(State from, State to, Mover mover);
/// Error(internal), exit 70, for a move that does not exist.
void check_move(State from, State to, Mover mover);

/// Where a new revision of a verdict takes a payment. `handed_over`: match has admitted it, nothing
/// moves any more. Equal to `from`: it stays.
[[nodiscard]] State after_revision(State from, State verdict, bool handed_over);

} // namespace harmonia::screen
