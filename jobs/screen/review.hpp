// What people decide: items under review, overrides of declined payments, and which payments their
// source cancelled. Each decision is one transaction: the payment's state, its version, the log,
// the item, and, when they are published, the message.
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
    std::string queue; ///< empty: every one
    bool due = false;  ///< only overdue ones
    std::int64_t limit = 1000;
};
/// Open items, those due first.
[[nodiscard]] std::vector<ReviewItem> list_reviews(db::Connection& connection,
                                                   const ReviewFilter& filter);

/// Everything that happened to one payment: its states, oldest first.
struct StateLine {
    std::string at, from, to, actor, cause;
    std::int64_t verdict_id = 0; ///< 0: none
};
[[nodiscard]] std::vector<StateLine> state_history(db::Transaction& tx, std::int64_t payment_id);

enum class Decision { approve, decline, override_decline, cancel };
struct DecisionFacts {
    Decision decision = Decision::approve;
    std::string by, reason;
    bool publish = false, legacy_reply = false;
};
/// Error(no_input) for an unknown payment, Error(internal), exit 70, for a move that does not exist
/// (decide.hpp), and for one that `match` has admitted; Error(try_again) when somebody else decided
/// meanwhile. False: it was cancelled before, and is not again.
bool decide_review(db::Connection& connection, std::int64_t payment_id, const DecisionFacts& facts);
/// Error(no_input) when the payment has no open item.
void assign_review(db::Connection& connection, std::int64_t payment_id, const std::string& to);

} // namespace harmonia::screen
