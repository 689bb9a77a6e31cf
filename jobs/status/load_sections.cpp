// The questions of a status. A clause of SQL a line; the order is that of the display.
#include "jobs/status/load_sections.hpp"

namespace harmonia::status {
namespace {

constexpr Question k_questions[] = {
    {"transactions", "transactions", R"(
        SELECT 'payment' AS side, feed_type::text AS feed, stage::text, screen::text,
               status::text, count(*)
          FROM harmonia.payment_transaction
         GROUP BY 1, 2, 3, 4, 5
        UNION ALL
        SELECT 'scheme', 'MERCHANT', stage::text, NULL, status::text, count(*)
          FROM harmonia.scheme_transaction
         GROUP BY 3, 5
         ORDER BY 1, 2, 3, 4, 5)"},
    // `match`: not admitted yet; `pair`: admitted, no partner so far.
    {"waiting", "pending transactions", R"(
        SELECT side, waits_for, count(*), min(created_at) AS oldest,
               extract(epoch FROM now() - min(created_at))::bigint AS oldest_seconds
          FROM (SELECT 'payment' AS side, created_at,
                       CASE WHEN admitted_at IS NULL AND screen IN ('HELD', 'REVIEW') THEN 'verdict'
                            WHEN admitted_at IS NULL THEN 'match'
                            WHEN stage = 'UNKNOWN_USER' THEN 'user' ELSE 'pair' END AS waits_for
                  FROM harmonia.payment_transaction
                 WHERE status = 'PENDING'
                   AND screen NOT IN ('DECLINED', 'VOID')
                   AND (admitted_at IS NULL OR feed_type <> 'REFUND')
                   AND (merchant_slug > '' OR screen IN ('HELD', 'REVIEW'))
                UNION ALL
                SELECT 'scheme', created_at,
                       CASE WHEN admitted_at IS NULL THEN 'match' ELSE 'pair' END
                  FROM harmonia.scheme_transaction
                 WHERE status = 'PENDING') w
         GROUP BY side, waits_for
         ORDER BY side, waits_for)"},
    {"unidentified_records", "unidentified records", R"(
        SELECT t.provider_slug AS provider, t.feed_type::text AS feed, count(*),
               min(t.created_at) AS oldest
          FROM harmonia.import_transaction t
         WHERE NOT t.identified
         GROUP BY 1, 2
         ORDER BY 3 DESC, 1, 2)"},
    {"unidentified", "unknown identifiers, the latest 20", R"(
        SELECT network, kind, identifier, merchant, last_seen
          FROM harmonia.unknown_identifier
         ORDER BY last_seen DESC, identifier, kind, network
         LIMIT 20)"},
    {"rejects", "open rejects", R"(
        SELECT feed, code, count(*), min(created_at) AS oldest
          FROM ops.reject
         WHERE state = 'open'
         GROUP BY feed, code
         ORDER BY feed, code)"},
    {"dead_letters", "open dead letters", R"(
        SELECT feed, queue, code, count(*), min(created_at) AS oldest
          FROM ops.dead_letter
         WHERE state = 'open'
         GROUP BY feed, queue, code
         ORDER BY feed, queue, code)"},
    {"outbox", "outbox", R"(
        SELECT area, kind, count(*), min(created_at) AS oldest,
               extract(epoch FROM now() - min(created_at))::bigint AS oldest_seconds,
               max(attempts) AS attempts, max(last_error) AS last_error
          FROM ops.outbox
         GROUP BY area, kind
         ORDER BY area, kind)"},
    {"pending_exports", "pending exports", R"(
        SELECT provider_slug AS target, count(*),
               count(*) FILTER (WHERE retry_at IS NULL OR retry_at <= now()) AS due,
               count(*) FILTER (WHERE retry_count > 0) AS retried, min(created_at) AS oldest,
               extract(epoch FROM now() - min(created_at))::bigint AS oldest_seconds
          FROM harmonia.pending_export
         GROUP BY 1
         ORDER BY 1)"},
    {"failed_exports", "failed exports", R"(
        SELECT provider_slug AS target, count(*), max(updated_at) AS newest
          FROM harmonia.export_transaction
         WHERE status = 'EXPORT_FAILED'
         GROUP BY 1
         ORDER BY 1)"},
    // A run without an end whose session is gone was killed.
    {"runs", "last run of each command", R"(
        SELECT c.command, r.started_at, r.ended_at,
               extract(epoch FROM now() - r.started_at)::bigint AS seconds_ago,
               CASE WHEN r.ended_at IS NOT NULL THEN r.outcome
                    WHEN EXISTS (SELECT
                                   FROM pg_stat_activity a
                                  WHERE a.application_name =
                                        'harmonia/' || c.command || '/' || left(r.run_id::text, 8))
                    THEN 'running' ELSE 'killed' END AS state,
               r.exit_code, r.host, r.message
          FROM unnest($1::text[]) WITH ORDINALITY AS c (command, position)
         CROSS JOIN LATERAL (SELECT *
                               FROM ops.job_run j
                              WHERE j.command = c.command
                              ORDER BY j.started_at DESC
                              LIMIT 1) r
         ORDER BY c.position)",
     true},
    // A running import holds its file's advisory lock; here any import session counts as running.
    {"imports", "unfinished imports", R"(
        SELECT b.feed, b.source, b.state, b.records_done, b.records_total, b.opened_at,
               EXISTS (SELECT
                         FROM pg_stat_activity a
                        WHERE a.application_name LIKE 'harmonia/import/%') AS running
          FROM ops.import_batch b
         WHERE b.state IN ('open', 'loaded')
           AND b.file_sha256 IS NOT NULL
         ORDER BY b.id
         LIMIT 100)"},
    // Held: no verdict yet; review: a person must decide.
    {"screening", "screening", R"(
        SELECT f.ruleset, p.screen::text AS state, count(*), min(f.received_at) AS oldest,
               extract(epoch FROM now() - min(f.received_at))::bigint AS oldest_seconds,
               count(r.id) FILTER (WHERE r.due_at < now()) AS overdue,
               EXISTS (SELECT
                         FROM screening.rule_set s
                        WHERE s.name = f.ruleset
                          AND s.status = 'live') AS active
          FROM harmonia.payment_transaction p
          JOIN screening.fact f ON f.payment_id = p.id
          LEFT JOIN screening.review_item r ON r.payment_id = p.id AND r.decided_at IS NULL
         WHERE p.screen IN ('HELD', 'REVIEW')
         GROUP BY 1, 2
         ORDER BY 1, 2)"},
    {"stale_verdicts", "verdicts made stale by late events", R"(
        SELECT ruleset, count(*)
          FROM screening.standing
         WHERE stale
         GROUP BY 1
         ORDER BY 1)"},
    {"screen_runs", "last screen runs", R"(
        SELECT id AS run, mode, format('%s@%s', ruleset, version) AS ruleset, cut_seq AS cut, rows,
               approved, review, declined, stale_marked, started_at, ended_at,
               coalesce(outcome, 'open') AS outcome
          FROM screening.screen_run
         ORDER BY id DESC
         LIMIT 5)"},
    // Stages in their order. Ages by the messages' own clocks, where there is one.
    {"settling", "pending for settle accounts", R"(
        SELECT stage, count(*), min(sent_at) AS oldest,
               extract(epoch FROM now() - min(sent_at))::bigint AS oldest_seconds
          FROM (SELECT 1 AS position, 'configure' AS stage, ts AS sent_at
                  FROM accounts.configure_request
                UNION ALL
                SELECT 2, 'chores', ts
                  FROM accounts.chore_request
                UNION ALL
                SELECT 3, 'transfers', received_at
                  FROM accounts.transfer_request
                UNION ALL
                SELECT 4, 'finalizations', ts
                  FROM accounts.finalization_request
                UNION ALL
                SELECT 5, 'balance-changes', committed_at
                  FROM accounts.pending_balance_change) w
         GROUP BY position, stage
         ORDER BY position)",
     false, "accounts"},
    {"parked_accounts", "parked accounts", R"(
        SELECT stage, error, count(*), min(format('%s/%s', debtor_id, creditor_id)) AS account,
               max(parked_at) AS newest
          FROM accounts.parked_account
         GROUP BY stage, error
         ORDER BY stage, error
         LIMIT 50)",
     false, "accounts"},
};

} // namespace

std::span<const Question> questions() {
    return k_questions;
}

} // namespace harmonia::status
