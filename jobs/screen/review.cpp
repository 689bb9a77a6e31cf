#include "jobs/screen/review.hpp"

#include "core/card/redact.hpp"
#include "jobs/screen/decide.hpp"
#include "jobs/screen/store_tell.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

struct Standing {
    State state = State::held;
    int version = 0, score = 0, rev = 0, ruleset_version = 0;
    std::string source, feed_type, external_id, ruleset;
    bool admitted = false;
};

Standing standing(db::Transaction& tx, std::int64_t payment_id) {
    const auto row = tx.exec(R"(
        SELECT p.screen, coalesce(s.state_version, 0), coalesce(v.score, 0), coalesce(v.rev, 0),
               coalesce(v.version, 0), f.source, f.feed_type, f.external_id, f.ruleset,
               p.admitted_at IS NOT NULL
          FROM harmonia.payment_transaction p JOIN screening.fact f ON f.payment_id = p.id
          LEFT JOIN screening.standing s ON s.payment_id = p.id
          LEFT JOIN screening.verdict v ON v.id = s.current_verdict WHERE p.id = $1)",
                             static_cast<long long>(payment_id));
    if (row.empty())
        throw Error(Exit::no_input, fmt::format("no screened payment has the id {}", payment_id),
                    "harmonia screen review list shows what waits for a decision.");
    const auto number = [&](std::size_t c) { return static_cast<int>(row.integer(0, c)); };
    const auto text = [&](std::size_t c) { return std::string(row.text(0, c)); };
    return {parse_state(row.text(0, 0)),
            number(1),
            number(2),
            number(3),
            number(4),
            text(5),
            text(6),
            text(7),
            text(8),
            row.boolean(0, 9)};
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

/// What is cancelled without a verdict waits no more; with one, none is in force any more.
bool stands_anew(db::Transaction& tx, long long id, const Standing& now, Decision decision) {
    if (now.state == State::held)
        return tx.exec("DELETE FROM screening.waiting WHERE payment_id = $1", id).affected() == 1 &&
               tx.exec("INSERT INTO screening.standing (payment_id, ruleset, state_version) VALUES "
                       "($1, $2, 1)",
                       id, now.ruleset)
                       .affected() == 1;
    return tx.exec("UPDATE screening.standing SET state_version = state_version + 1, stale = stale "
                   "AND NOT $3, current_verdict = CASE WHEN NOT $3 THEN current_verdict END WHERE "
                   "payment_id = $1 AND state_version = $2",
                   id, now.version, decision == Decision::cancel)
               .affected() == 1;
}

} // namespace

std::vector<ReviewItem> list_reviews(db::Connection& connection, const ReviewFilter& filter) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(R"(
        SELECT r.payment_id, f.source, f.external_id, r.queue, r.opened_at, r.due_at, r.assignee,
               v.outcome, v.decided_by, f.amount_minor, f.currency, coalesce(v.score, 0),
               r.due_at < now()
          FROM screening.review_item r JOIN screening.fact f ON f.payment_id = r.payment_id
          LEFT JOIN screening.verdict v ON v.id = r.verdict_id
         WHERE r.decided_at IS NULL AND ($1 = '' OR r.queue = $1) AND (NOT $2 OR r.due_at < now())
         ORDER BY r.due_at, r.payment_id LIMIT $3)",
                              filter.queue, filter.due, static_cast<long long>(filter.limit));
    std::vector<ReviewItem> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto text = [&](std::size_t c) { return std::string(rows.text(i, c)); };
        out.push_back({rows.integer(i, 0), text(1), text(2), text(3), text(4), text(5), text(6),
                       text(7), text(8), text(9), text(10), static_cast<int>(rows.integer(i, 11)),
                       rows.boolean(i, 12)});
    }
    return out;
}

std::vector<StateLine> state_history(db::Transaction& tx, std::int64_t payment_id) {
    const auto rows = tx.exec("SELECT at, from_state, to_state, actor, cause, "
                              "coalesce(verdict_id, 0) FROM screening.state_log WHERE payment_id = "
                              "$1 ORDER BY state_version, at",
                              static_cast<long long>(payment_id));
    std::vector<StateLine> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto text = [&](std::size_t c) { return std::string(rows.text(i, c)); };
        out.push_back({text(0), text(1), text(2), text(3), text(4), rows.integer(i, 5)});
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
        throw Error(Exit::internal, fmt::format("match has taken payment {}", payment_id),
                    "What was handed over is no longer decided here.");
    const long long id = payment_id;
    const bool moved =
        stands_anew(tx, id, now, facts.decision) &&
        tx.exec("UPDATE harmonia.payment_transaction SET screen = $2::harmonia.screen, updated_at "
                "= now() WHERE id = $1 AND screen = $3::harmonia.screen AND admitted_at IS NULL",
                id, state_name(to), state_name(now.state))
                .affected() == 1;
    if (!moved)
        throw Error(Exit::try_again, fmt::format("payment {} was decided meanwhile", payment_id));
    const std::string reason = card::redact(facts.reason);
    const std::string cause =
        fmt::format("{}{}{}", decision_name(facts.decision), reason.empty() ? "" : ": ", reason);
    tx.exec("INSERT INTO screening.state_log (payment_id, state_version, from_state, to_state, "
            "actor, cause) VALUES ($1, $2, $3, $4, $5, $6)",
            id, now.version + 1, state_name(now.state), state_name(to), facts.by, cause);
    if (facts.decision == Decision::override_decline)
        tx.exec("INSERT INTO screening.review_item (payment_id, queue, due_at, decision, "
                "decided_by, decided_at, reason) VALUES ($1, $2, now(), 'override', $3, now(), $4)",
                id, now.ruleset, facts.by, reason);
    else
        tx.exec("UPDATE screening.review_item SET decision = $2, decided_by = $3, decided_at = "
                "now(), reason = $4 WHERE payment_id = $1 AND decided_at IS NULL",
                id, decision_name(facts.decision), facts.by, reason);
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
    if (tx.exec("UPDATE screening.review_item SET assignee = $2 WHERE payment_id = $1 AND "
                "decided_at IS NULL",
                static_cast<long long>(payment_id), assignee)
            .affected() == 0)
        throw Error(Exit::no_input, fmt::format("payment {} is not under review", payment_id));
    tx.commit(Failpoint::screen_review_commit);
}

} // namespace harmonia::screen
