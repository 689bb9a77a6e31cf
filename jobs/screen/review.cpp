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
    }
    return "";
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

void decide_review(db::Connection& connection, std::int64_t payment_id,
                   const DecisionFacts& facts) {
    db::Transaction tx(connection);
    const Standing now = standing(tx, payment_id);
    const bool override_it = facts.decision == Decision::override_decline;
    const State to = facts.decision == Decision::decline ? State::declined : State::approved;
    check_move(now.state, to, override_it ? Mover::override_by_person : Mover::person);
    const long long id = payment_id;
    const bool moved =
        tx.exec("UPDATE screening.standing SET state_version = state_version + 1 WHERE payment_id "
                "= $1 "
                "AND state_version = $2",
                id, now.version)
                .affected() == 1 &&
        tx.exec("UPDATE harmonia.payment_transaction SET screen = $2::harmonia.screen, updated_at "
                "= now() WHERE id = $1 AND screen = $3::harmonia.screen",
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
    if (override_it)
        tx.exec("INSERT INTO screening.review_item (payment_id, queue, due_at, decision, "
                "decided_by, decided_at, reason) VALUES ($1, $2, now(), 'override', $3, now(), $4)",
                id, now.ruleset, facts.by, reason);
    else
        tx.exec("UPDATE screening.review_item SET decision = $2, decided_by = $3, decided_at = "
                "now(), reason = $4 WHERE payment_id = $1 AND decided_at IS NULL",
                id, decision_name(facts.decision), facts.by, reason);
    if (facts.publish)
        publish(tx, {{payment_id, now.source, now.feed_type, now.external_id,
                      to == State::approved ? "approved" : "declined", now.ruleset,
                      "person " + facts.by, now.ruleset_version, now.rev, now.score}});
    tx.exec("SELECT pg_notify('harmonia_verdict', '')");
    tx.commit(Failpoint::screen_review_commit);
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
