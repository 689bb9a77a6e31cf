// Every check of `audit` must be able to fail: consistent books, one deliberate break each.

#include "jobs/audit/load.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace harmonia;

namespace {

constexpr const char* k_books = R"(
INSERT INTO ops.import_batch (feed, source, match_group, file_sha256, state, records_done,
    records_total,
                              count_new, count_rejected, close_seq)
VALUES ('f', 'a.csv', 'g', 'aa', 'archived', 5, 5, 4, 1, 1);
INSERT INTO ops.reject (batch_id, feed, source, record_no, code, raw) VALUES (1, 'f', 'a.csv', 4,
    'bad_date', 'x');
INSERT INTO harmonia.import_transaction (provider_slug, feed_type, transaction_id, batch_id,
    record_no, identified, stored)
VALUES ('visa', 'AUTH', 'p1', 1, 1, true, true), ('visa', 'SETTLED', 'p1', 1, 2, true, true),
       ('shop', 'MERCHANT', 's1', 1, 3, true, true), ('visa', 'AUTH', 'p5', 1, 5, true, true);
INSERT INTO harmonia.payment_transaction (provider_slug, feed_type, transaction_id, merchant_slug,
    merchant_identifier_ids, mid, transaction_date, spend_amount, spend_currency, card_token,
    batch_id,
    record_no, status, stage, admitted_at)
VALUES ('visa', 'AUTH', 'p1', 'shop', '{1}', 'm', '2026-01-01Z', 500, 'GBP', 't', 1, 1, 'MATCHED',
    'IDENTIFIED', now()),
       ('visa', 'SETTLED', 'p1', 'shop', '{1}', 'm', '2026-01-01Z', 500, 'GBP', 't', 1, 2,
    'MERGED', 'IDENTIFIED', now());
UPDATE harmonia.payment_transaction SET survivor_id = 1 WHERE id = 2;
INSERT INTO harmonia.scheme_transaction (provider_slug, transaction_id, payment_provider_slug,
    merchant_identifier_ids, mids, transaction_date, spend_amount, spend_currency, batch_id,
    record_no, status, admitted_at)
VALUES ('shop', 's1', 'visa', '{1}', '{m}', '2026-01-01Z', 500, 'GBP', 1, 3, 'MATCHED', now());
INSERT INTO harmonia.matched_transaction (merchant_slug, mid, transaction_id, transaction_date,
    spend_amount,
    spend_currency, card_token, matching_type, status, payment_transaction_id,
    scheme_transaction_id, run_id)
VALUES ('shop', 'm', 's1', '2026-01-01Z', 500, 'GBP', 't', 'LOYALTY', 'EXPORTED', 1, 1,
    gen_random_uuid());
INSERT INTO harmonia.match_reason VALUES (now(), 1, 'visa', 'AUTH', 'p1', 'matched', 'd', '{}');
INSERT INTO harmonia.export_transaction (provider_slug, matched_transaction_id, transaction_id,
    transaction_date,
    spend_amount, spend_currency, mid, primary_identifier, payment_provider_slug)
VALUES ('shop', 1, 's1', '2026-01-01Z', 500, 'GBP', 'm', 'm', 'visa');
INSERT INTO harmonia.pending_export (provider_slug, export_transaction_id) VALUES ('shop', 1);
INSERT INTO harmonia.payment_transaction (provider_slug, feed_type, transaction_id, merchant_slug,
    merchant_identifier_ids, mid, transaction_date, spend_amount, spend_currency, card_token,
    batch_id, record_no, screen)
VALUES ('visa', 'AUTH', 'p5', 'shop', '{1}', 'm', '2026-01-01Z', 500, 'GBP', 't', 1, 5, 'REVIEW');
INSERT INTO screening.rule_set (name, version, digest, yaml, status, submitted_by, lookback_us)
VALUES ('cards', 1, 'd', 'y', 'live', 'a', 0), ('cards', 2, 'e', 'z', 'draft', 'a', 0);
INSERT INTO screening.rule_activation (ruleset, version, cause, activated_by)
VALUES ('cards', 1, 'activate', 'b');
INSERT INTO screening.screen_run (run_id, mode, ruleset, version, digest, list_revision, cut_seq,
    label_asof, event_until, engine, rows, review, host, ended_at, outcome)
VALUES (gen_random_uuid(), 'live', 'cards', 1, 'd', 0, 1, now(), 0, 'scan', 1, 1, 'h', now(),
    'done');
INSERT INTO screening.verdict (id, payment_id, run, ruleset, version, rev, is_shadow, outcome,
    score, decided_by, digest)
VALUES (10, 3, 1, 'cards', 1, 1, false, 'review', 45, 'threshold', '\x00');
INSERT INTO screening.fact (payment_id, source, feed_type, external_id, batch_id, ruleset, event_us,
    kind, amount_minor, currency)
VALUES (3, 'visa', 'AUTH', 'p5', 1, 'cards', 0, 'purchase', 500, 'GBP');
INSERT INTO screening.standing (payment_id, ruleset, state_version, current_verdict)
VALUES (3, 'cards', 1, 10);
INSERT INTO screening.review_item (payment_id, verdict_id, queue, due_at)
VALUES (3, 10, 'cards', now());
INSERT INTO screening.state_log (payment_id, state_version, from_state, to_state, actor, cause,
    verdict_id)
VALUES (3, 1, 'HELD', 'REVIEW', 'screen', 'verdict', 10);
INSERT INTO screening.alert (id, kind, severity, at, source, labels, fingerprint, summary,
    decided_at)
VALUES ('00000000-0000-4000-8000-000000000001', 'k', 'info', now(), 'x', '{}', 'f', 's', now());
INSERT INTO screening.alert_group (group_key, route, labels, number) VALUES ('g', '0', '{}', 1);
INSERT INTO screening.alert_member VALUES (1, '00000000-0000-4000-8000-000000000001', 1);
INSERT INTO screening.notification (group_id, number, reason, members)
VALUES (1, 1, 'first', '{00000000-0000-4000-8000-000000000001}');
INSERT INTO screening.delivery (notification_id, channel, target, idempotency_key, severity,
    payload, final, ended_at)
VALUES (1, 'c', 't', 'k', 'info', '{}', 'sent', now());
INSERT INTO screening.delivery_attempt (delivery_id, attempt, channel, target, class, worker)
VALUES (1, 1, 'c', 't', 'sent', 'w');
INSERT INTO accounts.account (debtor_id, creditor_id, creation_date, principal, last_change_ts,
    last_heartbeat_ts, last_transfer_id, total_locked_amount, pending_transfers_count)
VALUES (7, 1, '1970-01-02', 90, now(), now(), (1::bigint << 40) + 2, 5, 1),
       (7, 2, '1970-01-02', 3, now(), now(), 1::bigint << 40, 0, 0);
INSERT INTO accounts.prepared_transfer (debtor_id, sender_creditor_id, transfer_id, coordinator_id,
    coordinator_request_id, recipient_creditor_id, locked_amount, prepared_at, deadline,
    final_interest_rate_ts, demurrage_rate, coordinator_type)
VALUES (7, 1, (1::bigint << 40) + 2, 1, 1, 2, 5, now(), now(), now(), -50, 'direct');
INSERT INTO accounts.account_total (debtor_id, creditor_id, applied, sent, clipped)
VALUES (7, 1, 200, 101, 2);
INSERT INTO accounts.sent_balance_change
VALUES (7, 1, nextval('accounts.change_id'), 2, 3, now()), (7, 1, nextval('accounts.change_id'), 2,
    4, now());
INSERT INTO accounts.registered_balance_change
SELECT * FROM accounts.sent_balance_change;
INSERT INTO accounts.pending_balance_change
SELECT debtor_id, creditor_id, other_creditor_id, change_id, principal_delta, committed_at,
    'direct', '', ''
FROM accounts.sent_balance_change WHERE change_id = 2;
)";

std::set<std::string> broken(const test::TempDatabase& database) {
    const auto connection = database.connect();
    db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
    std::set<std::string> names;
    for (const auto& finding : audit::check(snapshot, audit::areas()))
        if (finding.total > 0) {
            names.insert(finding.name);
            CHECK(finding.rows.size() == std::min(finding.total, audit::k_rows_shown));
        }
    return names;
}

std::string digest_of(const test::TempDatabase& database) {
    const auto connection = database.connect();
    db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
    return audit::digest(database.settings(), snapshot.export_snapshot(), audit::areas()).sha256;
}

// What breaks each check; a break may show in a neighbouring check too.
const std::map<std::string, std::string> k_breaks{
    {"batch_counts", "UPDATE ops.import_batch SET count_new = 2"},
    {"batch_complete", "UPDATE ops.import_batch SET records_total = 6"},
    {"batch_closed", "UPDATE ops.import_batch SET close_seq = NULL"},
    {"batch_rejects", "DELETE FROM ops.reject"},
    {"guard_payment", "DELETE FROM harmonia.import_transaction WHERE feed_type = 'AUTH'"},
    {"guard_scheme",
     "UPDATE harmonia.import_transaction SET stored = false WHERE feed_type = 'MERCHANT'"},
    {"guard_once", "UPDATE harmonia.scheme_transaction SET record_no = 1"},
    {"match_payment", "UPDATE harmonia.payment_transaction SET card_token = 'other' WHERE id = 1"},
    {"match_scheme", "UPDATE harmonia.scheme_transaction SET spend_amount = 501"},
    {"match_amount", "UPDATE harmonia.payment_transaction SET spend_amount = 501 WHERE id = 1"},
    {"matched_payment", "UPDATE harmonia.matched_transaction SET payment_transaction_id = 99"},
    {"matched_scheme", "UPDATE harmonia.matched_transaction SET scheme_transaction_id = 99"},
    {"match_reason", "DELETE FROM harmonia.match_reason"},
    {"merged", "UPDATE harmonia.payment_transaction SET survivor_id = 2 WHERE id = 2"},
    {"handed_over", "UPDATE harmonia.matched_transaction SET status = 'PENDING'"},
    {"export_owed", "DELETE FROM harmonia.pending_export"},
    {"fact", "DELETE FROM screening.fact"},
    {"held", "INSERT INTO screening.waiting VALUES (3, 'cards', 0, 1)"},
    {"waiting", "INSERT INTO screening.waiting SELECT payment_id, ruleset, event_us + 1, batch_id "
                "FROM screening.fact"},
    {"current", "UPDATE screening.standing SET current_verdict = 11"},
    {"first_verdict", "DELETE FROM screening.state_log; INSERT INTO screening.state_log "
                      "(payment_id, state_version, from_state, to_state, actor, cause, verdict_id) "
                      "VALUES (3, 1, 'HELD', 'APPROVED', 'screen', 'verdict', 10)"},
    {"state", "UPDATE screening.standing SET state_version = 2"},
    {"review", "DELETE FROM screening.review_item"},
    {"voided", "UPDATE harmonia.payment_transaction SET screen = 'VOID' WHERE id = 3"},
    {"run", "UPDATE screening.screen_run SET rows = 0"},
    {"live", "UPDATE screening.rule_set SET status = CASE version WHEN 1 THEN 'retired' ELSE "
             "'approved' END; UPDATE screening.rule_set SET status = 'live' WHERE version = 2"},
    {"alert_told", "DELETE FROM screening.alert_member"},
    {"group_number", "UPDATE screening.alert_group SET number = 0"},
    {"delivery_ended", "UPDATE screening.delivery SET lease_owner = 'w'"},
    {"delivery_sent", "UPDATE screening.delivery SET id = DEFAULT"},
    {"principal", "DELETE FROM accounts.pending_balance_change"},
    {"pending", "UPDATE accounts.pending_balance_change SET principal_delta = 5"},
    {"applied_sent", "UPDATE accounts.sent_balance_change SET principal_delta = 5"},
    {"locked", "DELETE FROM accounts.prepared_transfer"},
    {"transfer_ids", "UPDATE accounts.account SET creation_date = '1970-01-03'"},
    {"deleted", "UPDATE accounts.account SET status_flags = 1"},
    {"interest", "UPDATE accounts.account SET interest = 'NaN'"},
    {"clock", "UPDATE accounts.account SET last_change_ts = now() + interval '2 hours'"},
    {"change_ids", "SELECT setval('accounts.change_id', 1)"},
};

} // namespace

TEST_CASE("audit finds nothing in consistent books, and each deliberate break") {
    for (const auto& [name, sql] : k_breaks) {
        const test::TempDatabase database;
        database.execute(k_books);
        CHECK(broken(database).empty());
        database.execute(sql);
        INFO(name);
        CHECK(broken(database).contains(name));
    }
}

TEST_CASE("every check has a break that proves it can fail") {
    const test::TempDatabase database;
    const auto connection = database.connect();
    db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
    for (const auto& finding : audit::check(snapshot, audit::areas())) {
        INFO(finding.name);
        CHECK(k_breaks.contains(finding.name));
    }
}

TEST_CASE("the digest follows content and nothing else") {
    const test::TempDatabase one, two;
    one.execute(k_books);
    // Another id, another clock, another run.
    two.execute("SELECT nextval(pg_get_serial_sequence('ops.reject', 'id'))");
    two.execute(k_books);
    two.execute("UPDATE harmonia.payment_transaction SET created_at = '2020-01-01Z'; "
                "UPDATE harmonia.matched_transaction SET run_id = gen_random_uuid()");
    CHECK(digest_of(one) == digest_of(two));
    two.execute("UPDATE harmonia.scheme_transaction SET auth_code = 'x'");
    CHECK(digest_of(one) != digest_of(two));
}
