#include "jobs/match/store_unidentified.hpp"

#include <fmt/format.h>

namespace harmonia::match {

namespace {

/// Of a missing identifier u: it has been onboarded.
constexpr const char* k_appeared = R"(
    EXISTS (
        SELECT FROM harmonia.merchant_identifier m
        JOIN harmonia.payment_provider p ON p.id = m.payment_provider_id
        JOIN harmonia.loyalty_scheme s ON s.id = m.loyalty_scheme_id
        WHERE CASE u.kind
            WHEN 'ID' THEN m.id::text = u.identifier
            WHEN 'LOCATION' THEN m.location_id = u.identifier AND s.slug = u.merchant
                AND m.identifier_type = 'PRIMARY' AND u.network IN ('', p.slug)
            ELSE m.identifier = u.identifier AND m.identifier_type::text = u.kind
                AND p.slug = u.network
        END))";

} // namespace

bool missing_identifiers_appeared(db::Transaction& tx) {
    const std::string sql = fmt::format(R"(
        SELECT EXISTS (SELECT FROM harmonia.unknown_identifier u WHERE {}) AS appeared)",
                                        k_appeared);
    return tx.exec(sql).only().boolean("appeared");
}

void delete_appeared_identifiers(db::Transaction& tx) {
    tx.exec(fmt::format("DELETE FROM harmonia.unknown_identifier u WHERE {}", k_appeared));
}

db::Result load_unidentified(db::Transaction& tx, RecordPlace after,
                             std::optional<db::Instant> since) {
    return tx.exec(R"(
        SELECT t.batch_id, t.record_no, t.transaction_id, b.feed, coalesce(b.header, '') AS header,
               r.raw
        FROM harmonia.import_transaction t
        JOIN ops.import_batch b ON b.id = t.batch_id
        JOIN harmonia.import_record r ON r.batch_id = t.batch_id AND r.record_no = t.record_no
        WHERE NOT t.identified AND (t.batch_id, t.record_no) > ($1, $2)
          AND t.created_at > now() - make_interval(days => $3::int)
          AND t.created_at >= coalesce($4::timestamptz, '-infinity')
        ORDER BY t.batch_id, t.record_no
        LIMIT $5)",
                   after.batch_id, after.record_no, k_reidentify_days, since, k_reidentify_block);
}

void mark_identified(db::Transaction& tx, std::string_view provider, std::string_view feed_type,
                     const db::ArrayText& ids, const db::ArrayText& stored) {
    tx.exec(R"(
        UPDATE harmonia.import_transaction t
        SET identified = true, stored = u.stored
        FROM unnest($3::text[], $4::boolean[]) AS u(id, stored)
        WHERE t.provider_slug = $1 AND t.feed_type = $2::harmonia.feed_type
          AND t.transaction_id = u.id)",
            provider, feed_type, ids, stored);
}

} // namespace harmonia::match
