// Who matches whom, in one group. Pure: no database, no clock; the result depends on the rows'
// content and the declaration only, not on the order in which they come.
//
// Payments are taken in order of (date, network, transaction id, feed). If a rule leaves exactly
// one free row, the payment matches it; if none, it does not match; several go through the fallback
// filters until one is left, otherwise the payment is ambiguous. A row is used once. Ambiguous
// payments are decided again, in the same order, whenever one of their rows has been taken.
#pragma once

#include "jobs/match/declare.hpp"
#include "jobs/match/predicates/rows.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::match {

enum class Outcome : std::uint8_t { matched, spotted, none, ambiguous, error };
[[nodiscard]] const char* outcome_name(Outcome outcome);

struct Decision {
    static constexpr std::uint32_t k_no_scheme = 0xffffffff;
    std::uint32_t payment = 0;          ///< place in Group::payments, as sorted by decide()
    std::uint32_t scheme = k_no_scheme; ///< place in Group::schemes
    Outcome outcome = Outcome::none;
    std::string
        reason; ///< JSON (docs/reference/reasons.md); empty: nothing has changed since the last one
};

/// Candidates kept in a reason; the others are counted. Eight fill a screen.
inline constexpr std::size_t k_candidates_kept = 8;
/// A payment with more passing rows than this is decided once and not again in the run: keeping
/// such lists would cost the square of the group.
inline constexpr std::size_t k_rivals_max = 1000;

struct DecideOptions {
    std::int64_t window_from_us = 0; ///< rows imported earlier are outside the window
    bool report_all = false; ///< reasons also where no row is fresh: the declaration changed
};

/// Decides group after group; keeps its memory between them. One thread.
class Decider {
public:
    Decider(const Declaration& declaration, DecideOptions options);
    ~Decider();
    Decider(const Decider&) = delete;
    Decider& operator=(const Decider&) = delete;
    /// Sorts the group's rows and appends a decision for each payment that is matched, fresh, or
    /// has a reason to report, in payment order. Refunds and payments of unknown users get none.
    void decide(Group& group, std::vector<Decision>& decisions);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether a payment takes part at all.
[[nodiscard]] bool takes_part(const Payment& payment);

} // namespace harmonia::match
