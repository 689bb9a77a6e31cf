#include "jobs/screen/manage/review.hpp"

#include "core/card/redact.hpp"
#include "jobs/screen/judge/payment_state.hpp"
#include "jobs/screen/store/notify.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

/// Where a payment stands: its state and current verdict.
struct Standing {
    State state = State::held;
    int version = 0, score = 0, rev = 0, ruleset_version = 0;
    std::string source, feed_type, external_id, ruleset;
    bool admitted = false;
};

Standing standing(db::Transaction& tx, std::int64_t payment_id) {
    const auto row = tx.exec(R"(
        SELECT p.screen, f.source, f.feed_type, f.external_id, f.ruleset,
               coalesce(s.state_version, 0) AS state_version,
               coalesce(v.score, 0) AS score,
               coalesce(v.rev, 0) AS rev,
               coalesce(v.version, 0) AS ruleset_version,
               p.admitted_at IS NOT NULL AS admitted
          FROM harmonia.payment_transaction p
          JOIN screening.fact f ON f.payment_id = p.id
          LEFT JOIN screening.standing s ON s.payment_id = p.id
          LEFT JOIN screening.verdict v ON v.id = s.current_verdict
         WHERE p.id = $1)",
                             payment_id)
                         .optional_row();
    if (!row)
        throw Error(Exit::no_input, fmt::format("unknown screened payment {}", payment_id),
                    "harmonia screen review list shows the payments under review.");
    const auto number = [&](const char* column) { return static_cast<int>(row->integer(column)); };
    Standing out;
    out.state = parse_state(row->text("screen"));
    out.version = number("state_version");
    out.score = number("score");
    out.rev = number("rev");
    out.ruleset_version = number("ruleset_version");
    out.source = row->text("source");
    out.feed_type = row->text("feed_type");
    out.external_id = row->text("external_id");
    out.ruleset = row->text("ruleset");
    out.admitted = row->boolean("admitted");
    return out;
}

const char* decision_name(Decision decision) {
    switch (decision) {
    case Decision::approve:
        return "approved";
    case Decision::decline:
        return "declined";
    case Decision::override_decline:
        return "override";
    case Decision::cancel:
        return "void";
    }
    return "";
}

State state_after(Decision decision) {
    return decision == Decision::decline  ? State::declined
           : decision == Decision::cancel ? State::voided
                                          : State::approved;
}

Mover mover_of(Decision decision) {
    return decision == Decision::override_decline ? Mover::override_by_person
           : decision == Decision::cancel         ? Mover::source
                                                  : Mover::person;
}

/// Advances the payment's standing; false: it changed meanwhile. A payment that is cancelled before
/// its first verdict is no longer pending; afterwards no verdict is in force.
bool update_standing(db::Transaction& tx, std::int64_t payment_id, const Standing& now,
                     Decision decision) {
    if (now.state == State::held)
        return tx.exec("DELETE FROM screening.waiting WHERE payment_id = $1", payment_id)
                       .affected() == 1 &&
               tx.exec(R"(
            INSERT INTO screening.standing (payment_id, ruleset, state_version)
            VALUES ($1, $2, 1))",
                       payment_id, now.ruleset)
                       .affected() == 1;
    return tx.exec(R"(
        UPDATE screening.standing
           SET state_version = state_version + 1,
               stale = stale AND NOT $3,
               current_verdict = CASE WHEN NOT $3 THEN current_verdict END
         WHERE payment_id = $1 AND state_version = $2)",
                   payment_id, now.version, decision == Decision::cancel)
               .affected() == 1;
}

bool update_payment(db::Transaction& tx, std::int64_t payment_id, State from, State to) {
    return tx.exec(R"(
        UPDATE harmonia.payment_transaction
           SET screen = $2::harmonia.screen, updated_at = now()
         WHERE id = $1 AND screen = $3::harmonia.screen AND admitted_at IS NULL)",
                   payment_id, state_name(to), state_name(from))
               .affected() == 1;
}

void log_decision(db::Transaction& tx, std::int64_t payment_id, const Standing& now, State to,
                  const DecisionFacts& facts, const std::string& reason) {
    const std::string cause =
        fmt::format("{}{}{}", decision_name(facts.decision), reason.empty() ? "" : ": ", reason);
    tx.exec(R"(
        INSERT INTO screening.state_log
               (payment_id, state_version, from_state, to_state, actor, cause)
        VALUES ($1, $2, $3, $4, $5, $6))",
            payment_id, now.version + 1, state_name(now.state), state_name(to), facts.by, cause);
}

/// An override has no open item: it gets one that is decided at once.
void close_item(db::Transaction& tx, std::int64_t payment_id, const Standing& now,
                const DecisionFacts& facts, const std::string& reason) {
    if (facts.decision == Decision::override_decline)
        tx.exec(R"(
            INSERT INTO screening.review_item
                   (payment_id, queue, due_at, decision, decided_by, decided_at, reason)
            VALUES ($1, $2, now(), 'override', $3, now(), $4))",
                payment_id, now.ruleset, facts.by, reason);
    else
        tx.exec(R"(
            UPDATE screening.review_item
               SET decision = $2, decided_by = $3, decided_at = now(), reason = $4
             WHERE payment_id = $1 AND decided_at IS NULL)",
                payment_id, decision_name(facts.decision), facts.by, reason);
}

} // namespace

std::vector<ReviewItem> list_reviews(db::Connection& connection, const ReviewFilter& filter) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(R"(
        SELECT r.payment_id, f.source, f.external_id, r.queue, r.opened_at, r.due_at, r.assignee,
               v.outcome, v.decided_by, f.amount_minor, f.currency,
               coalesce(v.score, 0) AS score,
               r.due_at < now() AS overdue
          FROM screening.review_item r
          JOIN screening.fact f ON f.payment_id = r.payment_id
          LEFT JOIN screening.verdict v ON v.id = r.verdict_id
         WHERE r.decided_at IS NULL
           AND ($1 = '' OR r.queue = $1)
           AND (NOT $2 OR r.due_at < now())
         ORDER BY r.due_at, r.payment_id
         LIMIT $3)",
                              filter.queue, filter.due, filter.limit);
    std::vector<ReviewItem> out;
    for (const db::Row row : rows) {
        ReviewItem& item = out.emplace_back();
        item.payment_id = row.integer("payment_id");
        item.source = row.text("source");
        item.external_id = row.text("external_id");
        item.queue = row.text("queue");
        item.opened_at = row.text("opened_at");
        item.due_at = row.text("due_at");
        item.assignee = row.text("assignee");
        item.outcome = row.text("outcome");
        item.decided_by = row.text("decided_by");
        item.amount_minor = row.text("amount_minor");
        item.currency = row.text("currency");
        item.score = static_cast<int>(row.integer("score"));
        item.overdue = row.boolean("overdue");
    }
    return out;
}

std::vector<StateChange> state_history(db::Transaction& tx, std::int64_t payment_id) {
    const auto rows = tx.exec(R"(
        SELECT at, from_state, to_state, actor, cause, coalesce(verdict_id, 0) AS verdict_id
          FROM screening.state_log
         WHERE payment_id = $1
         ORDER BY state_version, at)",
                              payment_id);
    std::vector<StateChange> out;
    for (const db::Row row : rows) {
        const auto text = [&](const char* column) { return std::string(row.text(column)); };
        out.push_back({text("at"), text("from_state"), text("to_state"), text("actor"),
                       text("cause"), row.integer("verdict_id")});
    }
    return out;
}

bool decide_review(db::Connection& connection, std::int64_t payment_id,
                   const DecisionFacts& facts) {
    db::Transaction tx(connection);
    const Standing now = standing(tx, payment_id);
    const State to = state_after(facts.decision);
    if (to == State::voided && now.state == to)
        return false;
    check_move(now.state, to, mover_of(facts.decision));
    if (now.admitted)
        throw Error(Exit::internal, fmt::format("match has admitted payment {}", payment_id),
                    "A payment that was handed over can no longer be decided here.");
    if (!update_standing(tx, payment_id, now, facts.decision) ||
        !update_payment(tx, payment_id, now.state, to))
        throw Error(Exit::try_again, fmt::format("payment {} was decided meanwhile", payment_id));
    const std::string reason = card::redact(facts.reason);
    log_decision(tx, payment_id, now, to, facts, reason);
    close_item(tx, payment_id, now, facts, reason);
    if (facts.publish)
        publish(tx,
                {{payment_id, now.source, now.feed_type, now.external_id, to, now.ruleset,
                  "person " + facts.by, now.ruleset_version, now.rev, now.score}},
                facts.legacy_reply);
    tx.exec("SELECT pg_notify('harmonia_verdict', '')");
    tx.commit(Failpoint::screen_review_commit);
    return true;
}

void assign_review(db::Connection& connection, std::int64_t payment_id, const std::string& to) {
    db::Transaction tx(connection);
    const std::optional<std::string> assignee =
        to.empty() ? std::nullopt : std::optional(card::redact(to));
    const auto assigned = tx.exec(R"(
        UPDATE screening.review_item
           SET assignee = $2
         WHERE payment_id = $1 AND decided_at IS NULL)",
                                  payment_id, assignee);
    if (assigned.affected() == 0)
        throw Error(Exit::no_input, fmt::format("payment {} is not under review", payment_id));
    tx.commit(Failpoint::screen_review_commit);
}

} // namespace harmonia::screen
