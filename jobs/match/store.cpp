#include "jobs/match/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::match {

namespace {

/// With keys: every statement below finds what it changes by key from either side, because the
/// planner does not know what a temporary table holds, and its statistics of states may be
/// yesterday's.
constexpr const char* k_tables = R"(
    CREATE TEMP TABLE IF NOT EXISTS match_payment (
        id bigint PRIMARY KEY, scheme_id bigint, matched boolean NOT NULL,
        known_user boolean NOT NULL) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS match_scheme (
        id bigint PRIMARY KEY, matched boolean NOT NULL) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS match_made (
        id bigint PRIMARY KEY, payment_id bigint NOT NULL) ON COMMIT DELETE ROWS)";

/// A row that is not PENDING any more is missing from the count.
constexpr const char* k_payments = R"(
    UPDATE harmonia.payment_transaction x
    SET status = CASE
            WHEN d.matched THEN 'MATCHED'::harmonia.transaction_status
            ELSE x.status
        END,
        stage = CASE
            WHEN d.known_user THEN 'IDENTIFIED'::harmonia.stage
            ELSE 'UNKNOWN_USER'::harmonia.stage
        END,
        admitted_at = coalesce(x.admitted_at, $1::timestamptz),
        updated_at = CASE WHEN d.matched THEN now() ELSE x.updated_at END
    FROM match_payment d
    WHERE x.id = d.id AND x.status = 'PENDING')";

constexpr const char* k_schemes = R"(
    UPDATE harmonia.scheme_transaction x
    SET status = CASE
            WHEN d.matched THEN 'MATCHED'::harmonia.transaction_status
            ELSE x.status
        END,
        stage = 'IDENTIFIED',
        admitted_at = coalesce(x.admitted_at, $1::timestamptz),
        updated_at = CASE WHEN d.matched THEN now() ELSE x.updated_at END
    FROM match_scheme d
    WHERE x.id = d.id AND x.status = 'PENDING')";

/// No condition but keys: the updates have checked the states.
constexpr const char* k_pairs = R"(
    WITH made AS (
        INSERT INTO harmonia.matched_transaction
            (merchant_slug, merchant_identifier_id, mid, transaction_id, transaction_date,
             spend_amount, spend_multiplier, spend_currency, points_amount, points_multiplier,
             card_token, matching_type, status, extra_fields, payment_transaction_id,
             scheme_transaction_id, run_id)
        SELECT p.merchant_slug, p.merchant_identifier_ids[1], p.mid,
               coalesce(s.transaction_id, p.transaction_id),
               coalesce(s.transaction_date, p.transaction_date),
               coalesce(s.spend_amount, p.spend_amount),
               coalesce(s.spend_multiplier, p.spend_multiplier),
               coalesce(s.spend_currency, p.spend_currency), s.points_amount, s.points_multiplier,
               p.card_token, $1::harmonia.matching_type, $2::harmonia.export_status,
               CASE
                   WHEN s.id IS NULL THEN p.extra_fields
                   ELSE p.extra_fields || s.extra_fields
               END,
               p.id, s.id, $3::uuid
        FROM match_payment d
        JOIN harmonia.payment_transaction p ON p.id = d.id
        LEFT JOIN harmonia.scheme_transaction s ON s.id = d.scheme_id
        WHERE d.matched AND (s.id IS NULL) = (d.scheme_id IS NULL)
        RETURNING id, payment_transaction_id)
    INSERT INTO match_made
    SELECT id, payment_transaction_id FROM made)";

/// `mid` is the identifier that said whose payment it is, which may be a store's; the primary one
/// is as it arrived with the payment.
constexpr const char* k_exports = R"(
    WITH e AS (
        INSERT INTO harmonia.export_transaction
            (provider_slug, matched_transaction_id, payment_transaction_id, transaction_id,
             transaction_date, spend_amount, spend_currency, loyalty_id, mid, primary_identifier,
             location_id, merchant_internal_id, user_id, scheme_account_id,
             payment_card_account_id, auth_code, approval_code, settlement_key, last_four,
             expiry_month, expiry_year, payment_provider_slug, extra_fields)
        SELECT m.merchant_slug, m.id, p.id, m.transaction_id, m.transaction_date, m.spend_amount,
               m.spend_currency, h.loyalty_id, coalesce(i.identifier, p.mid), p.mid,
               i.location_id, i.merchant_internal_id, h.user_id, h.scheme_account_id,
               h.payment_card_account_id, p.auth_code, p.approval_code, p.settlement_key,
               coalesce(h.last_four, p.last_four), h.expiry_month, h.expiry_year,
               p.provider_slug, m.extra_fields
        FROM match_made d
        JOIN harmonia.matched_transaction m ON m.id = d.id
        JOIN harmonia.payment_transaction p ON p.id = d.payment_id
        LEFT JOIN harmonia.merchant_identifier i ON i.id = m.merchant_identifier_id
        LEFT JOIN harmonia.card_holder h
          ON $1::boolean AND h.merchant_slug = p.merchant_slug AND h.card_token = p.card_token
        ORDER BY m.transaction_date, m.transaction_id
        RETURNING id, provider_slug)
    INSERT INTO harmonia.pending_export (provider_slug, export_transaction_id)
    SELECT provider_slug, id FROM e ORDER BY id)";

/// The message of 2018: body and properties byte for byte as it sent them.
constexpr const char* k_announce = R"(
    INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, headers, body)
    SELECT 'harmonia', 'match-notify', 'matched-' || id, $1, $1,
           ('{"content_type": "application/txmatch+json", "content_encoding": "utf-8", '
            '"delivery_mode": 2, "priority": 0, "message_id": "matched-' || id || '"}')::jsonb,
           (SELECT jsonb_build_object('X-Queued-At', extract(epoch FROM now())::bigint,
                                      'X-Retry-Count', 0)),
           '{"matched_transaction_id": ' || id || '}'
    FROM match_made
    ORDER BY id)";

void insert_rule(db::Transaction& tx, const WriteFacts& facts) {
    tx.exec(R"(
        INSERT INTO harmonia.match_rule (rule_digest, rule_text)
        VALUES ($1, $2)
        ON CONFLICT DO NOTHING)",
            facts.rule_digest, facts.rule_text);
}

} // namespace

void Block::add(const Group& group, std::vector<Decision>& decisions) {
    std::vector<bool> payment_done(group.payments.size(), false);
    std::vector<bool> scheme_done(group.schemes.size(), false);
    for (Decision& one : decisions) {
        const Payment& payment = group.payments[one.payment];
        const bool settled = one.outcome == Outcome::matched || one.outcome == Outcome::spotted;
        if (settled) {
            const bool pair = one.scheme != Decision::k_no_scheme;
            const std::int64_t scheme_id = pair ? group.schemes[one.scheme].id : 0;
            payments.push_back({payment.id, scheme_id, true, true});
            payment_done[one.payment] = true;
            if (pair) {
                schemes.push_back({scheme_id, true});
                scheme_done[one.scheme] = true;
            }
            ++matched;
        }
        reasons.push_back({payment.id, std::string(payment.network), std::string(payment.feed_type),
                           std::string(payment.transaction_id), outcome_name(one.outcome),
                           std::move(one.reason)});
    }
    for (std::size_t i = 0; i < group.payments.size(); ++i)
        if (group.payments[i].fresh && !payment_done[i])
            payments.push_back({group.payments[i].id, 0, false, group.payments[i].known_user});
    for (std::size_t i = 0; i < group.schemes.size(); ++i)
        if (group.schemes[i].fresh && !scheme_done[i])
            schemes.push_back({group.schemes[i].id, false});
}

BlockStore::BlockStore(db::Connection& connection, WriteFacts facts)
    : connection_(connection), facts_(std::move(facts)) {}

void BlockStore::write_rows(db::Transaction& tx, const Block& block) {
    {
        db::CopyIn copy(tx, "match_payment", {"id", "scheme_id", "matched", "known_user"});
        for (const Block::PaymentRow& row : block.payments) {
            copy.field(row.id);
            if (row.scheme_id != 0)
                copy.field(row.scheme_id);
            else
                copy.null();
            copy.field(row.matched).field(row.known_user);
            copy.end_row();
        }
        copy.finish();
    }
    {
        db::CopyIn copy(tx, "match_scheme", {"id", "matched"});
        for (const Block::SchemeRowChange& row : block.schemes) {
            copy.field(row.id).field(row.matched);
            copy.end_row();
        }
        copy.finish();
    }
    const bool whole = tx.exec(k_payments, facts_.decided_at).affected() == block.payments.size() &&
                       tx.exec(k_schemes, facts_.decided_at).affected() == block.schemes.size() &&
                       tx.exec(k_pairs, facts_.matching_type,
                               facts_.exported ? "EXPORTED" : "PENDING", facts_.run_id)
                               .affected() == static_cast<std::size_t>(block.matched);
    if (!whole)
        throw Error(
            Exit::try_again,
            fmt::format("merchant {}: rows changed while they were decided", facts_.merchant),
            "Nothing of this block was written; the next run decides it again.");
}

void BlockStore::write_reasons(db::Transaction& tx, const Block& block) {
    db::CopyIn copy(tx, "harmonia.match_reason",
                    {"decided_at", "payment_transaction_id", "provider_slug", "feed_type",
                     "transaction_id", "outcome", "rule_digest", "reason"});
    for (const Block::Reason& reason : block.reasons) {
        copy.field(facts_.decided_at).field(reason.payment_id).field(reason.network);
        copy.field(reason.feed_type).field(reason.transaction_id).field(reason.outcome);
        copy.field(facts_.rule_digest).field(reason.text);
        copy.end_row();
    }
    copy.finish();
}

void BlockStore::write(Block block, Failpoint point) {
    if (block.size() == 0)
        return;
    // Groups come by amount, which is all over the tables; by key each page is visited once.
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    std::sort(block.payments.begin(), block.payments.end(), by_id);
    std::sort(block.schemes.begin(), block.schemes.end(), by_id);
    db::Transaction tx(connection_);
    tx.script(k_tables);
    // A block is small beside the table it changes: every row must be found by its key, whatever
    // the planner, which has no statistics of temporary tables, believes. (Forbidding sequential
    // scans does not help: the temporary tables need one, and beside its penalty all plans look the
    // same.)
    tx.script(R"(
        SET LOCAL enable_hashjoin = off;
        SET LOCAL enable_mergejoin = off;
        SET LOCAL work_mem = '64MB')");
    write_rows(tx, block);
    if (facts_.exported && block.matched > 0)
        tx.exec(k_exports, facts_.holders);
    if (!facts_.notify_queue.empty() && block.matched > 0)
        tx.exec(k_announce, facts_.notify_queue);
    write_reasons(tx, block);
    tx.commit(point);
}

void store_rule(db::Connection& connection, const WriteFacts& facts) {
    db::Transaction tx(connection);
    insert_rule(tx, facts);
    tx.commit(Failpoint::match_state_commit);
}

void store_state(db::Connection& connection, const WriteFacts& facts) {
    db::Transaction tx(connection);
    insert_rule(tx, facts);
    tx.exec(R"(
        INSERT INTO harmonia.match_state (merchant_slug, rule_digest)
        VALUES ($1, $2)
        ON CONFLICT (merchant_slug) DO UPDATE SET rule_digest = $2, applied_at = now())",
            facts.merchant, facts.rule_digest);
    tx.commit(Failpoint::match_state_commit);
}

} // namespace harmonia::match
