#include "jobs/explain/load.hpp"

namespace harmonia::explain {
namespace {

Facts facts_of(const db::Result& rows, std::size_t row) {
    Facts facts;
    for (std::size_t column = 0; column < rows.columns(); ++column)
        if (!rows.is_null(row, column))
            facts.emplace_back(rows.column_name(column), rows.text(row, column));
    return facts;
}

std::vector<Decision> decisions_of(db::Transaction& tx, std::int64_t payment) {
    constexpr int k_decisions_shown = 10; // the newest say how it stands
    const db::Result rows = tx.exec(R"(
        SELECT decided_at, outcome, rule_digest, reason
        FROM match_reason
        WHERE payment_transaction_id = $1
        ORDER BY decided_at DESC
        LIMIT $2)",
                                    payment, k_decisions_shown);
    std::vector<Decision> decisions;
    for (const db::Row row : rows)
        decisions.push_back({std::string(row.text("decided_at")), std::string(row.text("outcome")),
                             std::string(row.text("rule_digest")),
                             std::string(row.text("reason"))});
    return decisions;
}

constexpr const char* k_payment_of_match =
    "SELECT payment_transaction_id AS id FROM matched_transaction WHERE id = $1";
constexpr const char* k_scheme_of_match =
    "SELECT scheme_transaction_id AS id FROM matched_transaction WHERE id = $1";
constexpr const char* k_matches_of_payment =
    "SELECT id FROM matched_transaction WHERE payment_transaction_id = $1 ORDER BY id";
constexpr const char* k_matches_of_scheme =
    "SELECT id FROM matched_transaction WHERE scheme_transaction_id = $1 ORDER BY id";

// $1 is an array of ids.
constexpr const char* k_matches = R"(
    SELECT id AS match, merchant_slug AS merchant, matching_type AS type, status,
           transaction_id, transaction_date, spend_amount, spend_currency, points_amount, mid,
           payment_transaction_id AS payment, scheme_transaction_id AS scheme,
           run_id AS decided_by_run, created_at AS matched_at, undone_at
    FROM matched_transaction
    WHERE id = ANY($1::bigint[])
    ORDER BY id)";
constexpr const char* k_payments = R"(
    SELECT p.id AS payment, p.provider_slug AS provider, p.feed_type, p.transaction_id,
           p.merchant_slug AS merchant, p.mid, p.transaction_date, p.spend_amount, p.spend_currency,
           p.auth_code, p.settlement_key, p.stage, p.screen, p.status, p.admitted_at, p.promoted_at,
           p.survivor_id AS merged_into, p.created_at AS imported_at,
           b.source || ', record ' || p.record_no AS came_from
    FROM payment_transaction p
    LEFT JOIN import_batch b ON b.id = p.batch_id
    WHERE p.id = ANY($1::bigint[])
    ORDER BY p.id)";
constexpr const char* k_schemes = R"(
    SELECT s.id AS scheme, s.provider_slug AS merchant, s.transaction_id,
           s.payment_provider_slug AS provider, s.mids, s.transaction_date, s.spend_amount,
           s.spend_currency, s.auth_code, s.stage, s.status, s.admitted_at,
           s.created_at AS imported_at, b.source || ', record ' || s.record_no AS came_from
    FROM scheme_transaction s
    LEFT JOIN import_batch b ON b.id = s.batch_id
    WHERE s.id = ANY($1::bigint[])
    ORDER BY s.id)";
constexpr const char* k_exports = R"(
    SELECT e.provider_slug AS target, e.status, e.export_uid AS idempotency_key,
           p.retry_count AS retries, p.retry_at, p.failure_reason, e.created_at AS handed_over_at
    FROM export_transaction e
    LEFT JOIN pending_export p ON p.export_transaction_id = e.id
    WHERE e.matched_transaction_id = ANY($1::bigint[])
    ORDER BY e.id)";
// The guard's key begins with the provider: walking from one provider to the next keeps this on the
// index, however many rows there are.
constexpr const char* k_imports = R"(
    WITH RECURSIVE provider AS (
        SELECT min(provider_slug) AS slug
        FROM import_transaction
        UNION ALL
        SELECT (SELECT min(provider_slug)
                FROM import_transaction
                WHERE provider_slug > p.slug)
        FROM provider p
        WHERE p.slug IS NOT NULL)
    SELECT i.provider_slug AS provider, i.feed_type, i.transaction_id, b.feed, b.source,
           b.file_sha256, i.record_no AS record, r.byte_offset AS byte, i.identified, i.stored,
           i.created_at AS imported_at, r.raw
    FROM provider
    JOIN import_transaction i
      ON i.provider_slug = provider.slug
     AND i.feed_type = ANY(enum_range(NULL::feed_type))
     AND i.transaction_id = $1
    LEFT JOIN import_batch b ON b.id = i.batch_id
    LEFT JOIN import_record r ON r.batch_id = i.batch_id AND r.record_no = i.record_no
    ORDER BY i.created_at, i.feed_type)";
// A promoted row carries its settlement's id; it is found by the record it came from.
constexpr const char* k_payments_of = R"(
    SELECT id
    FROM payment_transaction
    WHERE provider_slug IN (SELECT slug FROM payment_provider)
      AND promoted_at IS NULL
      AND feed_type = ANY(enum_range(NULL::feed_type))
      AND transaction_id = $1
    UNION
    SELECT p.id
    FROM payment_transaction p
    JOIN import_transaction i ON i.batch_id = p.batch_id AND i.record_no = p.record_no
    WHERE p.promoted_at IS NOT NULL
      AND i.transaction_id = $1
      AND i.provider_slug IN (SELECT slug FROM payment_provider)
      AND i.feed_type = ANY(enum_range(NULL::feed_type))
    ORDER BY 1)";
constexpr const char* k_schemes_of = R"(
    SELECT id
    FROM scheme_transaction
    WHERE transaction_id = $1
      AND provider_slug IN (SELECT slug FROM loyalty_scheme)
    ORDER BY id)";
constexpr const char* k_matches_of = R"(
    SELECT id
    FROM matched_transaction
    WHERE payment_transaction_id = ANY($1::bigint[])
    UNION
    SELECT id
    FROM matched_transaction
    WHERE scheme_transaction_id = ANY($2::bigint[])
    ORDER BY 1)";

std::vector<Part> parts(db::Transaction& tx, const char* title, const char* query,
                        const std::vector<std::int64_t>& ids) {
    std::vector<Part> parts;
    const auto rows = tx.exec(query, ids);
    for (std::size_t row = 0; row < rows.size(); ++row)
        parts.push_back({title, facts_of(rows, row), {}});
    return parts;
}

void append(std::vector<Part>& to, std::vector<Part> more) {
    for (Part& part : more)
        to.push_back(std::move(part));
}

std::vector<std::int64_t> ids(const db::Result& rows) {
    std::vector<std::int64_t> ids;
    for (const db::Row row : rows)
        if (const auto id = row.optional_integer("id"))
            ids.push_back(*id);
    return ids;
}

std::vector<Part> payment_parts(db::Transaction& tx, const std::vector<std::int64_t>& payments) {
    std::vector<Part> all;
    for (const std::int64_t id : payments) {
        auto part = parts(tx, "payment", k_payments, {id});
        auto decisions = decisions_of(tx, id);
        if (part.empty() && !decisions.empty())
            part.push_back({"payment (purged; what was decided is kept)", {}, {}});
        for (Part& one : part)
            one.decisions = decisions;
        append(all, std::move(part));
    }
    return all;
}

} // namespace

std::vector<Part> matched(db::Transaction& tx, std::int64_t id) {
    auto all = parts(tx, "match", k_matches, {id});
    append(all, payment_parts(tx, ids(tx.exec(k_payment_of_match, id))));
    append(all, parts(tx, "merchant's row", k_schemes, ids(tx.exec(k_scheme_of_match, id))));
    append(all, parts(tx, "export", k_exports, {id}));
    return all;
}

std::vector<Part> payment(db::Transaction& tx, std::int64_t id) {
    auto all = payment_parts(tx, {id});
    append(all, parts(tx, "match", k_matches, ids(tx.exec(k_matches_of_payment, id))));
    return all;
}

std::vector<Part> scheme(db::Transaction& tx, std::int64_t id) {
    auto all = parts(tx, "merchant's row", k_schemes, {id});
    append(all, parts(tx, "match", k_matches, ids(tx.exec(k_matches_of_scheme, id))));
    return all;
}

std::vector<Part> transaction(db::Transaction& tx, const std::string& transaction_id) {
    std::vector<Part> all;
    const auto imports = tx.exec(k_imports, transaction_id);
    for (std::size_t row = 0; row < imports.size(); ++row)
        all.push_back({"import", facts_of(imports, row), {}});
    const auto payments = ids(tx.exec(k_payments_of, transaction_id));
    const auto schemes = ids(tx.exec(k_schemes_of, transaction_id));
    append(all, payment_parts(tx, payments));
    append(all, parts(tx, "merchant's row", k_schemes, schemes));
    append(all, parts(tx, "match", k_matches, ids(tx.exec(k_matches_of, payments, schemes))));
    return all;
}

} // namespace harmonia::explain
