#include "jobs/match/store_admission.hpp"

#include <fmt/format.h>

namespace harmonia::match {

namespace {

/// One pass over the new rows; for the admitted ones their unique index is asked.
constexpr const char* k_shared = R"(
    SELECT n.provider_slug, n.settlement_key
    FROM harmonia.payment_transaction n
    WHERE n.merchant_slug = $1 AND n.admitted_at IS NULL AND n.screen IN ('NONE', 'APPROVED')
      AND n.settlement_key IS NOT NULL AND n.feed_type <> 'REFUND' AND n.status <> 'MERGED'
    GROUP BY 1, 2
    HAVING count(*) > 1 OR EXISTS (
        SELECT FROM harmonia.payment_transaction a
        WHERE a.provider_slug = n.provider_slug AND a.settlement_key = n.settlement_key
          AND a.settlement_key IS NOT NULL AND a.admitted_at IS NOT NULL
          AND a.status <> 'MERGED' AND a.feed_type <> 'REFUND'))";

/// The live rows of those keys. Rank 1 stands for the key: the admitted row if there is one,
/// otherwise the first authorisation, otherwise the first settlement.
constexpr const char* k_rank = R"(
    INSERT INTO match_live
    SELECT l.*, row_number() OVER key, first_value(id) OVER key
    FROM (
        SELECT p.id, p.provider_slug, p.settlement_key, p.feed_type, p.merchant_slug, p.status,
               p.admitted_at, p.transaction_date, p.transaction_id, p.spend_amount,
               p.spend_currency, p.first_six, p.last_four, p.auth_code, p.approval_code
        FROM match_key k
        JOIN harmonia.payment_transaction p
          ON p.provider_slug = k.provider_slug AND p.settlement_key = k.settlement_key
        WHERE p.merchant_slug = $1 AND p.admitted_at IS NULL AND p.screen IN ('NONE', 'APPROVED')
          AND p.status <> 'MERGED' AND p.feed_type <> 'REFUND'
        UNION ALL
        SELECT p.id, p.provider_slug, p.settlement_key, p.feed_type, p.merchant_slug, p.status,
               p.admitted_at, p.transaction_date, p.transaction_id, p.spend_amount,
               p.spend_currency, p.first_six, p.last_four, p.auth_code, p.approval_code
        FROM match_key k
        JOIN harmonia.payment_transaction p
          ON p.provider_slug = k.provider_slug AND p.settlement_key = k.settlement_key
        WHERE p.settlement_key IS NOT NULL AND p.admitted_at IS NOT NULL
          AND p.status <> 'MERGED' AND p.feed_type <> 'REFUND') l
    WINDOW key AS (
        PARTITION BY provider_slug, settlement_key
        ORDER BY admitted_at IS NULL, feed_type <> 'AUTH', transaction_date, transaction_id))";

constexpr const char* k_tables = R"(
    CREATE TEMP TABLE match_key (provider_slug text, settlement_key text) ON COMMIT DROP;
    CREATE TEMP TABLE match_live (
        id bigint, provider_slug text, settlement_key text, feed_type harmonia.feed_type,
        merchant_slug text, status harmonia.transaction_status, admitted_at timestamptz,
        transaction_date timestamptz, transaction_id text, spend_amount bigint,
        spend_currency text, first_six text, last_four text, auth_code text, approval_code text,
        rank bigint, survivor_id bigint) ON COMMIT DROP;
    CREATE TEMP TABLE match_promotion (
        survivor_id bigint PRIMARY KEY, spend_amount bigint, transaction_id text,
        transaction_date timestamptz, first_six text, last_four text, auth_code text,
        approval_code text) ON COMMIT DROP)";

constexpr const char* k_merge = R"(
    UPDATE harmonia.payment_transaction p
    SET status = 'MERGED', survivor_id = l.survivor_id, admitted_at = now(), updated_at = now()
    FROM match_live l
    WHERE p.id = l.id AND l.rank > 1 AND p.status = 'PENDING')";

/// What the merged settlements say, applied in their own order: the last amount and id win, a blank
/// is filled by the first that has something. An amount in another currency is not taken over: it
/// would be relabelled as the authorisation's. In a table of its own with a key: a database that
/// was just loaded has no statistics, and a join with the aggregate itself would repeat it for each
/// row.
constexpr const char* k_promotions = R"(
    INSERT INTO match_promotion
    SELECT l.survivor_id,
           (array_agg(l.spend_amount ORDER BY l.rank DESC)
               FILTER (WHERE l.spend_currency = a.spend_currency))[1],
           (array_agg(l.transaction_id ORDER BY l.rank DESC))[1],
           (array_agg(l.transaction_date ORDER BY l.rank DESC))[1],
           (array_agg(l.first_six ORDER BY l.rank) FILTER (WHERE l.first_six <> ''))[1],
           (array_agg(l.last_four ORDER BY l.rank) FILTER (WHERE l.last_four <> ''))[1],
           (array_agg(l.auth_code ORDER BY l.rank) FILTER (WHERE l.auth_code <> ''))[1],
           (array_agg(l.approval_code ORDER BY l.rank) FILTER (WHERE l.approval_code <> ''))[1]
    FROM match_live l
    JOIN match_live a ON a.id = l.survivor_id
    WHERE l.rank > 1 AND l.feed_type = 'SETTLED'
    GROUP BY l.survivor_id)";

/// The row is new again, since its amount is.
constexpr const char* k_promote = R"(
    UPDATE harmonia.payment_transaction p
    SET spend_amount = coalesce(s.spend_amount, p.spend_amount),
        transaction_id = s.transaction_id,
        first_six = coalesce(nullif(p.first_six, ''), s.first_six),
        last_four = coalesce(nullif(p.last_four, ''), s.last_four),
        auth_code = CASE
            WHEN p.auth_code <> '' THEN p.auth_code
            ELSE coalesce(s.auth_code, '')
        END,
        approval_code = CASE
            WHEN p.approval_code <> '' THEN p.approval_code
            ELSE coalesce(s.approval_code, '')
        END,
        promoted_at = now(), settled_date = s.transaction_date, admitted_at = NULL,
        updated_at = now()
    FROM match_promotion s
    WHERE p.id = s.survivor_id AND p.status = 'PENDING' AND p.merchant_slug = $1)";

} // namespace

std::vector<std::string> shared_keys(db::Transaction& tx, const std::string& merchant,
                                     std::int64_t limit) {
    const db::Result found = tx.exec(
        fmt::format("SELECT settlement_key FROM ({}) k LIMIT $2", k_shared), merchant, limit);
    std::vector<std::string> keys;
    keys.reserve(found.size());
    for (const db::Row row : found)
        keys.emplace_back(row.text("settlement_key"));
    return keys;
}

Admitted admit(db::Connection& connection, const std::string& merchant) {
    Admitted done;
    db::Transaction tx(connection);
    tx.script(k_tables);
    tx.exec(fmt::format("INSERT INTO match_key {}", k_shared), merchant);
    tx.exec("ANALYZE match_key");
    tx.exec(k_rank, merchant);
    tx.exec("ANALYZE match_live");
    done.merged = static_cast<std::int64_t>(tx.exec(k_merge).affected());
    tx.exec(k_promotions);
    tx.exec("ANALYZE match_promotion");
    done.promoted = static_cast<std::int64_t>(tx.exec(k_promote, merchant).affected());
    if (done.merged > 0)
        tx.commit(Failpoint::match_admit_commit);
    return done;
}

std::int64_t release_known_users(db::Connection& connection, const std::string& merchant) {
    db::Transaction tx(connection);
    const db::Result released = tx.exec(R"(
        UPDATE harmonia.payment_transaction p
        SET stage = 'NEW', admitted_at = NULL
        FROM harmonia.card_holder h
        WHERE h.merchant_slug = p.merchant_slug AND h.card_token = p.card_token
          AND p.merchant_slug = $1 AND p.stage = 'UNKNOWN_USER' AND p.status = 'PENDING')",
                                        merchant);
    if (released.affected() > 0)
        tx.commit(Failpoint::match_admit_commit);
    return static_cast<std::int64_t>(released.affected());
}

} // namespace harmonia::match
