// The conditions of load_tables.hpp. Each is a WHERE clause over the alias of its table.
#include "jobs/purge_archive/load_tables.hpp"

#include "core/db/copy_out.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::purge_archive {
namespace {

constexpr const char* k_cutoffs = R"(
    SELECT today - make_interval(days => $1::int) AS settled,
           today - make_interval(days => $2::int) AS pending,
           today - make_interval(days => $3::int) AS guard,
           today - make_interval(days => $4::int) AS reasons,
           today - make_interval(days => $5::int) AS runs,
           extract(epoch FROM today)::bigint / 86400 AS today
    FROM (SELECT date_trunc('day', now(), 'UTC') AS today) t)";

/// Where the longest window begins of any rule set that judges, live or as a shadow: of a payment
/// of today, or of the oldest one that is pending or stale.
constexpr const char* k_windows = R"(
    SELECT least((extract(epoch FROM date_trunc('day', now(), 'UTC')) * 1000000)::bigint,
                 (SELECT min(event_us)
                  FROM screening.waiting),
                 (SELECT min(event_us)
                  FROM screening.fact
                  JOIN screening.standing USING (payment_id)
                  WHERE stale)) - coalesce(max(lookback_us), 0) AS window_begin
    FROM screening.rule_set r
    WHERE status = 'live'
       OR EXISTS (
          SELECT FROM screening.rule_shadow s
          WHERE (s.ruleset, s.version) = (r.name, r.version) AND s.until > now()))";

std::string instant(const std::string& text) {
    return "timestamptz " + db::quoted_literal(text);
}

/// Delivered to its target, or never to be delivered.
std::string old_export(std::string_view e, const Cutoffs& at) {
    return fmt::format(R"(
        {0}.created_at < {1}
        AND {0}.status <> 'PENDING'
        AND NOT EXISTS (
            SELECT FROM harmonia.pending_export
            WHERE export_transaction_id = {0}.id))",
                       e, instant(at.settled));
}

/// All its exports may go. A match undone by hand bars its pair as long as the payment is free.
std::string old_match(std::string_view m, const Cutoffs& at) {
    return fmt::format(R"(
        {0}.created_at < {1}
        AND NOT EXISTS (
            SELECT FROM harmonia.export_transaction e
            WHERE e.matched_transaction_id = {0}.id AND NOT ({2}))
        AND ({0}.undone_at IS NULL
             OR NOT EXISTS (
                SELECT FROM harmonia.payment_transaction f
                WHERE f.id = {0}.payment_transaction_id
                  AND f.status = 'PENDING'
                  AND f.created_at >= {3})))",
                       m, instant(at.settled), old_export("e", at), instant(at.pending));
}

/// Rows of either side: settled ones without a match that stays, PENDING ones out of their window.
std::string old_row(std::string_view t, std::string_view side, const Cutoffs& at) {
    return fmt::format(R"(
        (({0}.status <> 'PENDING' AND {0}.created_at < {1})
         OR ({0}.status = 'PENDING' AND {0}.created_at < {2}))
        AND NOT EXISTS (
            SELECT FROM harmonia.matched_transaction m
            WHERE m.{3}_transaction_id = {0}.id
              AND m.{3}_transaction_id IS NOT NULL
              AND m.undone_at IS NULL
              AND NOT ({4})))",
                       t, instant(at.settled), instant(at.pending), side, old_match("m", at));
}

/// Nothing that it guards is left. A promoted payment is found by the record it came from.
std::string old_guard(const Cutoffs& at) {
    return fmt::format(R"(
        g.created_at < {}
        AND NOT EXISTS (
            SELECT FROM harmonia.payment_transaction p
            WHERE p.provider_slug = g.provider_slug
              AND p.feed_type = g.feed_type
              AND p.transaction_id = g.transaction_id
              AND p.promoted_at IS NULL)
        AND NOT EXISTS (
            SELECT FROM harmonia.payment_transaction q
            WHERE q.batch_id = g.batch_id
              AND q.record_no = g.record_no
              AND q.promoted_at IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM harmonia.scheme_transaction s
            WHERE g.feed_type = 'MERCHANT'
              AND s.provider_slug = g.provider_slug
              AND s.transaction_id = g.transaction_id))",
                       instant(at.guard));
}

/// A batch recognizes its file by digest: as much a guard as the ids. Facts that windows look back
/// on are seen by the batch's close_seq; an event may be a little later than its batch.
std::string old_batch(const Cutoffs& at) {
    return fmt::format(R"(
        b.closed_at < least({}, to_timestamp({} / 1000000) - interval '1 day')
        AND (b.state IN ('archived', 'refused')
             OR (b.state = 'loaded' AND b.file_sha256 IS NULL))
        AND NOT EXISTS (
            SELECT FROM ops.reject r
            WHERE r.batch_id = b.id))",
                       instant(at.guard), at.windows_us);
}

/// A fact goes when its payment is gone, the reasons of its time go, and no window looks back on it
/// any more; verdicts and labels of a payment go with or after its fact.
std::vector<Table> screening_tables(const Cutoffs& at) {
    const auto old_fact = [&](std::string_view f) {
        return fmt::format(R"(
            {0}.received_at < {1}
            AND {0}.event_us < least(extract(epoch FROM {1}) * 1000000, {2})
            AND NOT EXISTS (
                SELECT FROM harmonia.payment_transaction p
                WHERE p.id = {0}.payment_id))",
                           f, instant(at.reasons), at.windows_us);
    };
    const auto old = [&](std::string_view alias, std::string_view since) {
        return fmt::format(R"(
            {0}.{1} < {2}
            AND NOT EXISTS (
                SELECT FROM screening.fact n
                WHERE n.payment_id = {0}.payment_id AND NOT ({3})))",
                           alias, since, instant(at.reasons), old_fact("n"));
    };
    const std::string old_standing = fmt::format(R"(
            EXISTS (
                SELECT FROM screening.fact f
                WHERE f.payment_id = s.payment_id AND {}))",
                                                 old_fact("f"));
    return {
        {Area::screening, "screening.standing", "s", old_standing},
        {Area::screening, "screening.fact", "f", old_fact("f")},
        {Area::screening, "screening.verdict", "v", old("v", "decided_at")},
        {Area::screening, "screening.review_item", "r", old("r", "decided_at")},
        {Area::screening, "screening.label", "l", old("l", "known_at")},
        {Area::screening, "screening.customer_order", "o", "o.placed_at < " + instant(at.reasons)},
    };
}

/// What was notified long ago, with nothing pending. A group goes with its last alert.
std::vector<Table> alert_tables(const Cutoffs& at) {
    const std::string since = instant(at.reasons);
    const auto delivery = [&](std::string_view d) {
        return fmt::format("{0}.final IS NOT NULL AND {0}.ended_at < {1}", d, since);
    };
    const auto notification = [&](std::string_view n) {
        return fmt::format(R"(
            {0}.created_at < {1}
            AND NOT EXISTS (
                SELECT FROM screening.delivery d
                WHERE d.notification_id = {0}.id AND NOT ({2})))",
                           n, since, delivery("d"));
    };
    const auto alert = [&](std::string_view a) {
        return fmt::format(R"(
            {0}.decided_at IS NOT NULL
            AND greatest({0}.received_at, {0}.last_seen, coalesce({0}.ends_at, {0}.at)) < {1}
            AND NOT EXISTS (
                SELECT FROM screening.alert_member w
                JOIN screening.alert_group wg ON wg.id = w.group_id
                WHERE w.alert_id = {0}.id
                  AND w.notified IS NULL
                  AND wg.next_at IS NOT NULL)
            AND NOT EXISTS (
                SELECT FROM screening.notification n
                WHERE n.members @> ARRAY[{0}.id] AND NOT ({2})))",
                           a, since, notification("n"));
    };
    const std::string group = fmt::format(R"(
            g.next_at IS NULL
            AND coalesce(g.last_sent, '-infinity') < {}
            AND NOT EXISTS (
                SELECT FROM screening.notification x
                WHERE x.group_id = g.id AND NOT ({}))
            AND NOT EXISTS (
                SELECT FROM screening.alert_member m
                JOIN screening.alert a ON a.id = m.alert_id
                WHERE m.group_id = g.id AND NOT ({})))",
                                          since, notification("x"), alert("a"));
    return {
        {Area::screening, "screening.delivery", "x", delivery("x")},
        {Area::screening, "screening.notification", "x", notification("x")},
        {Area::screening, "screening.alert", "x", alert("x")},
        {Area::screening, "screening.alert_group", "g", group},
        {Area::screening, "screening.silence", "s", "s.ends_at < " + since},
    };
}

std::string summed(const char* owner, const char* total) {
    return fmt::format(R"(
        sums AS (
            INSERT INTO accounts.account_total AS t (debtor_id, creditor_id, {1})
            SELECT debtor_id, {0}, sum(principal_delta)
            FROM gone
            GROUP BY 1, 2
            ORDER BY 1, 2
            ON CONFLICT (debtor_id, creditor_id)
            DO UPDATE SET {1} = t.{1} + excluded.{1}))",
                       owner, total);
}

} // namespace

Cutoffs cutoffs(db::Connection& connection, const Retention& days) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Row row = tx.exec(k_cutoffs, days.older_than, std::max(days.older_than, days.window),
                                days.guard, days.reasons, days.runs)
                            .only();
    const auto text = [&](std::string_view column) { return std::string(row.text(column)); };
    return {text("settled"),
            text("pending"),
            text("guard"),
            text("reasons"),
            text("runs"),
            row.integer("today"),
            tx.exec(k_windows).only().integer("window_begin")};
}

std::vector<Table> tables(const Cutoffs& at) {
    const auto closed = [&](std::string_view alias) {
        return fmt::format("{0}.created_at < {1} AND {0}.state <> 'open'", alias,
                           instant(at.settled));
    };
    std::vector<Table> all{
        {Area::exports, "harmonia.export_transaction", "x", old_export("x", at)},
        {Area::matches, "harmonia.matched_transaction", "x", old_match("x", at)},
        {Area::transactions, "harmonia.payment_transaction", "x",
         old_row("x", "payment", at) + " AND x.screen NOT IN ('HELD', 'REVIEW')"},
        {Area::transactions, "harmonia.scheme_transaction", "x", old_row("x", "scheme", at)},
        {Area::identities, "harmonia.user_identity", "u", "u.created_at < " + instant(at.pending)},
        {Area::identities, "harmonia.unknown_identifier", "u",
         "u.last_seen < " + instant(at.settled)},
        {Area::rejects, "ops.reject", "r", closed("r")},
        {Area::rejects, "ops.dead_letter", "d", closed("d")},
        {Area::guards, "harmonia.import_transaction", "g", old_guard(at)},
        {Area::guards, "ops.import_batch", "b", old_batch(at)},
    };
    for (Table& one : screening_tables(at))
        all.push_back(std::move(one));
    for (Table& one : alert_tables(at))
        all.push_back(std::move(one));
    return all;
}

std::vector<Table> account_tables(const std::string& before) {
    const std::string old = "r.committed_at < " + instant(before);
    const std::string applied = R"(
        AND NOT EXISTS (
            SELECT FROM accounts.pending_balance_change p
            WHERE p.debtor_id = r.debtor_id
              AND p.creditor_id = r.creditor_id
              AND p.change_id = r.change_id
              AND p.other_creditor_id = r.other_creditor_id))";
    return {
        {Area::accounts, "accounts.registered_balance_change", "r", old + applied,
         summed("creditor_id", "applied")},
        {Area::accounts, "accounts.sent_balance_change", "r", old,
         summed("other_creditor_id", "sent")},
    };
}

std::vector<Partitioned> partitioned(const Cutoffs& at) {
    return {{Area::records, "harmonia.import_record", at.settled},
            {Area::reasons, "harmonia.match_reason", at.reasons},
            {Area::reasons, "harmonia.export_attempt", at.reasons},
            {Area::screening, "screening.verdict_hit", at.reasons},
            {Area::screening, "screening.state_log", at.reasons},
            {Area::screening, "screening.delivery_attempt", at.reasons},
            {Area::runs, "ops.job_run", at.runs}};
}

} // namespace harmonia::purge_archive
