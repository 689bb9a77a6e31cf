// The digest of the books: which rows and columns count, and in which order.
#include "core/base/hash.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/audit/load.hpp"

#include <algorithm>

namespace harmonia::audit {
namespace {

// What counts as the books, by natural keys. Left out on purpose: surrogate ids, times of our own
// clock, run ids, export_uid (random), block counts of batches, leases and attempts, positions of
// guard rows in queues (which messages share a commit is chance). A file imported twice counts
// once. C collation: the order must not depend on a locale.
struct Part {
    const char* area;
    const char* name;
    const char* query;
};
constexpr Part k_parts[] = {
    {"harmonia", "identifier", R"(
        SELECT m.identifier, m.identifier_type, l.slug, p.slug, m.location_id,
               m.merchant_internal_id
        FROM harmonia.merchant_identifier m
        JOIN harmonia.loyalty_scheme l ON l.id = m.loyalty_scheme_id
        JOIN harmonia.payment_provider p ON p.id = m.payment_provider_id
        ORDER BY m.identifier COLLATE "C", 2, p.slug COLLATE "C")"},
    {"ops", "file", R"(
        SELECT feed, file_sha256, state <> 'refused', max(records_total), max(count_new),
               max(count_rejected), max(count_skipped), max(count_unidentified)
        FROM ops.import_batch
        WHERE file_sha256 IS NOT NULL
        GROUP BY 1, 2, 3
        ORDER BY feed COLLATE "C", file_sha256, 3)"},
    {"harmonia", "guard", R"(
        SELECT provider_slug, feed_type, transaction_id, identified, stored
        FROM harmonia.import_transaction
        ORDER BY provider_slug COLLATE "C", feed_type, transaction_id COLLATE "C")"},
    {"ops", "reject", R"(
        SELECT DISTINCT b.feed COLLATE "C", b.file_sha256, r.record_no, r.line_no, r.field, r.code,
               r.raw COLLATE "C", r.state
        FROM ops.reject r
        JOIN ops.import_batch b ON b.id = r.batch_id
        WHERE b.file_sha256 IS NOT NULL
        ORDER BY 1, 2, 3, 6, 8)"},
    {"ops", "dead_letter", R"(
        SELECT DISTINCT feed COLLATE "C", queue COLLATE "C", body_sha256, code, state
        FROM ops.dead_letter
        ORDER BY 1, 2, 3, 4, 5)"},
    {"harmonia", "payment", R"(
        SELECT p.provider_slug, p.feed_type, p.transaction_id, p.merchant_slug, p.mid,
               p.settlement_key, p.transaction_date, p.has_time, p.spend_amount, p.spend_currency,
               p.card_token, p.first_six, p.last_four, p.auth_code, p.approval_code,
               p.extra_fields, p.stage, p.screen, p.status, p.admitted_at IS NOT NULL,
               p.promoted_at IS NOT NULL, p.settled_date, s.feed_type, s.transaction_id
        FROM harmonia.payment_transaction p
        LEFT JOIN harmonia.payment_transaction s ON s.id = p.survivor_id
        ORDER BY p.provider_slug COLLATE "C", p.feed_type, p.transaction_id COLLATE "C", p.status,
                 p.settlement_key COLLATE "C", p.transaction_date)"},
    {"harmonia", "scheme", R"(
        SELECT provider_slug, transaction_id, payment_provider_slug, mids, transaction_date,
               has_time, spend_amount, spend_currency, points_amount, first_six, last_four,
               auth_code, extra_fields, stage, status, admitted_at IS NOT NULL
        FROM harmonia.scheme_transaction
        ORDER BY provider_slug COLLATE "C", transaction_id COLLATE "C")"},
    {"harmonia", "match", R"(
        SELECT m.merchant_slug, m.mid, m.transaction_id, m.transaction_date, m.spend_amount,
               m.spend_currency, m.points_amount, m.card_token, m.matching_type, m.status,
               m.extra_fields, m.undone_at IS NOT NULL, p.provider_slug, p.transaction_id
        FROM harmonia.matched_transaction m
        LEFT JOIN harmonia.payment_transaction p ON p.id = m.payment_transaction_id
        ORDER BY m.merchant_slug COLLATE "C", m.transaction_id COLLATE "C", m.undone_at,
                 p.provider_slug COLLATE "C", p.transaction_id COLLATE "C")"},
    {"harmonia", "export", R"(
        SELECT e.provider_slug, e.transaction_id, e.transaction_date, e.spend_amount,
               e.spend_currency, e.loyalty_id, e.mid, e.primary_identifier, e.location_id,
               e.payment_provider_slug, e.status, e.extra_fields
        FROM harmonia.export_transaction e
        ORDER BY e.provider_slug COLLATE "C", e.transaction_id COLLATE "C", e.mid COLLATE "C",
                 e.payment_provider_slug COLLATE "C")"},
    {"screening", "ruleset", R"(
        SELECT name, version, digest, status
        FROM screening.rule_set
        ORDER BY name COLLATE "C", version)"},
    {"screening", "verdict", R"(
        SELECT f.source, f.feed_type, f.external_id, v.ruleset, v.version, v.rev, v.is_shadow,
               v.outcome, v.score, v.decided_by, v.override, v.digest
        FROM screening.verdict v
        JOIN screening.fact f ON f.payment_id = v.payment_id
        ORDER BY f.source COLLATE "C", f.feed_type, f.external_id COLLATE "C",
                 v.ruleset COLLATE "C", v.is_shadow, v.rev, v.version)"},
    {"screening", "hit", R"(
        SELECT f.source, f.feed_type, f.external_id, v.ruleset, v.is_shadow, v.rev, h.position,
               h.rule_id, h.score, h.action, h.suppressed_by, h.reason
        FROM screening.verdict_hit h
        JOIN screening.verdict v ON v.id = h.verdict_id
        JOIN screening.fact f ON f.payment_id = v.payment_id
        ORDER BY f.source COLLATE "C", f.feed_type, f.external_id COLLATE "C",
                 v.ruleset COLLATE "C", v.is_shadow, v.rev, h.position)"},
    {"screening", "state", R"(
        SELECT f.source, f.feed_type, f.external_id, s.state_version, coalesce(s.stale, false),
               (SELECT string_agg(from_state || '>' || to_state, ' ' ORDER BY l.state_version)
                FROM screening.state_log l
                WHERE l.payment_id = f.payment_id),
               (SELECT string_agg(queue || ':' || coalesce(decision, ''), ' ' ORDER BY r.id)
                FROM screening.review_item r
                WHERE r.payment_id = f.payment_id)
        FROM screening.fact f
        LEFT JOIN screening.standing s USING (payment_id)
        ORDER BY f.source COLLATE "C", f.feed_type, f.external_id COLLATE "C")"},
    {"accounts", "account", R"(
        SELECT debtor_id, creditor_id, principal, total_locked_amount, pending_transfers_count,
               last_transfer_number, config_flags, negligible_amount, config_data, status_flags,
               interest_rate, debtor_info_iri
        FROM accounts.account
        ORDER BY debtor_id, creditor_id)"},
    {"accounts", "prepared_transfer", R"(
        SELECT debtor_id, sender_creditor_id, coordinator_type COLLATE "C", coordinator_id,
               coordinator_request_id, recipient_creditor_id, locked_amount, count(*)
        FROM accounts.prepared_transfer
        GROUP BY 1, 2, 3, 4, 5, 6, 7
        ORDER BY 1, 2, 3, 4, 5, 6, 7)"},
    {"accounts", "balance_change", R"(
        SELECT debtor_id, other_creditor_id, creditor_id, principal_delta, count(*)
        FROM accounts.sent_balance_change
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3, 4)"},
    {"ops", "message_owed", R"(
        SELECT area, kind, exchange, routing_key, count(*)
        FROM ops.outbox
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3, 4)"},
};

} // namespace

Digest digest(const db::Settings& settings, const std::string& snapshot,
              const std::vector<std::string>& areas) {
    Digest digest;
    Sha256 sha;
    for (const Part& part : k_parts) {
        if (std::find(areas.begin(), areas.end(), part.area) == areas.end())
            continue;
        sha.update(part.name);
        sha.update("\n");
        std::size_t rows = 0;
        db::CopyOut out(settings, snapshot, part.query);
        for (auto row = out.next(); !row.empty(); row = out.next(), ++rows) {
            for (const auto& field : row) {
                sha.update(field.null ? "N" : "V" + std::to_string(field.text.size()) + ":");
                sha.update(field.text);
            }
            sha.update("\n");
        }
        digest.rows.emplace_back(part.name, rows);
    }
    digest.sha256 = sha.finish_hex();
    return digest;
}

} // namespace harmonia::audit
