// Decisions of people: items under review, overrides of declined payments, and payments that their
// source cancelled. Each decision is one transaction: the payment's state, its version, the log,
// the item and, when messages are published, the message.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

struct ReviewItem {
    std::int64_t payment_id = 0;
    std::string source, external_id, queue, opened_at, due_at, assignee, outcome, decided_by;
    std::string amount_minor, currency;
    int score = 0;
    bool overdue = false;
};
struct ReviewFilter {
    std::string queue; ///< empty: all
    bool due = false;  ///< only overdue ones
    std::int64_t limit = 1000;
};
/// Open items by due time.
[[nodiscard]] std::vector<ReviewItem> list_reviews(db::Connection& connection,
                                                   const ReviewFilter& filter);

/// A change of a payment's state.
struct StateChange {
    std::string at, from, to, actor, cause;
    std::int64_t verdict_id = 0; ///< 0: none
};
/// Oldest first.
[[nodiscard]] std::vector<StateChange> state_history(db::Transaction& tx, std::int64_t payment_id);

enum class Decision { approve, decline, override_decline, cancel };
struct DecisionFacts {
    Decision decision = Decision::approve;
    std::string by, reason;
    bool publish = false, legacy_reply = false;
};
/// Error(no_input) for an unknown payment; Error(internal), exit 70, for a move that does not exist
/// (judge/payment_state.hpp) and for a payment that `match` has admitted; Error(try_again) when
/// somebody else decided meanwhile. False: it was cancelled before.
bool decide_review(db::Connection& connection, std::int64_t payment_id, const DecisionFacts& facts);
/// Error(no_input) when the payment has no open item.
void assign_review(db::Connection& connection, std::int64_t payment_id, const std::string& to);

} // namespace harmonia::screen
