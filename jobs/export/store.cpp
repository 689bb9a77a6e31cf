#include "jobs/export/store.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <map>

namespace harmonia::exporting {
namespace {

using Kind = Verdict::Kind;

std::vector<std::int64_t> held_of(db::Transaction& tx, const std::string& owner,
                                  const std::vector<Attempt>& attempts) {
    std::vector<std::int64_t> ids;
    for (const auto& attempt : attempts)
        ids.push_back(attempt.pending_id);
    return claim::still_held(tx, pending_table(), owner, ids);
}

void finish(db::Transaction& tx, const std::string& owner, const std::vector<Attempt>& attempts,
            Kind kind, const char* status) {
    std::vector<std::int64_t> pending, exports;
    for (const auto& attempt : attempts) {
        if (attempt.verdict.kind != kind)
            continue;
        pending.push_back(attempt.pending_id);
        exports.push_back(attempt.export_id);
    }
    if (pending.empty())
        return;
    claim::remove(tx, pending_table(), owner, pending);
    tx.exec(R"(
        UPDATE harmonia.export_transaction
        SET status = $2::harmonia.export_status, updated_at = now()
        WHERE id = ANY($1::bigint[]))",
            exports, status);
}

void put_off(db::Transaction& tx, const std::string& owner, const std::vector<Attempt>& attempts) {
    std::map<std::pair<Instant, std::string>, std::vector<std::int64_t>> groups;
    for (const auto& attempt : attempts)
        if (attempt.verdict.kind == Kind::put_off)
            groups[{attempt.verdict.when, attempt.verdict.detail}].push_back(attempt.pending_id);
    for (const auto& [why, ids] : groups)
        claim::put_off(tx, pending_table(), owner, ids, why.first, why.second);
}

void record(db::Transaction& tx, const std::string& target, const std::vector<Attempt>& attempts) {
    db::ArrayText exports, numbers, statuses, durations, outcomes, digests, details;
    for (const auto& attempt : attempts) {
        exports.add(attempt.export_id);
        numbers.add(attempt.attempt);
        outcomes.add(verdict_name(attempt.verdict.kind));
        statuses.add(attempt.status_code);
        digests.add(attempt.body_sha256);
        details.add(printable(attempt.verdict.detail));
        durations.add(attempt.duration_ms);
    }
    tx.exec(R"(
        INSERT INTO harmonia.export_attempt
            (provider_slug, export_transaction_id, attempt, outcome, status_code, body_sha256,
             detail, duration_ms)
        SELECT $1, export_id, attempt, outcome, nullif(status, 0), digest, detail, ms
        FROM unnest($2::bigint[], $3::int[], $4::text[], $5::int[], $6::text[], $7::text[],
                    $8::int[]) AS a(export_id, attempt, outcome, status, digest, detail, ms))",
            target, exports, numbers, outcomes, statuses, digests, details, durations);
}

} // namespace

const claim::Table& pending_table() {
    static const claim::Table table{.name = "harmonia.pending_export"};
    return table;
}

std::size_t store_attempts(db::Transaction& tx, const std::string& target, const std::string& owner,
                           const std::vector<Attempt>& attempts) {
    const auto held = held_of(tx, owner, attempts);
    std::vector<Attempt> kept;
    for (const auto& attempt : attempts)
        if (std::binary_search(held.begin(), held.end(), attempt.pending_id))
            kept.push_back(attempt);
    if (kept.empty())
        return 0;
    record(tx, target, kept);
    put_off(tx, owner, kept);
    finish(tx, owner, kept, Kind::delivered, "EXPORTED");
    finish(tx, owner, kept, Kind::failed, "EXPORT_FAILED");
    return kept.size();
}

std::int64_t next_sequence(db::Transaction& tx, const std::string& target) {
    return tx
        .exec(R"(
        INSERT INTO harmonia.file_sequence_number AS f (provider_slug, next_value)
        VALUES ($1, 2)
        ON CONFLICT (provider_slug) DO UPDATE SET next_value = f.next_value + 1
        RETURNING next_value - 1 AS number)",
              target)
        .only()
        .integer("number");
}

void name_delivery(db::Transaction& tx, const std::vector<std::int64_t>& pending_ids,
                   const std::string& file_name) {
    tx.exec(R"(
        UPDATE harmonia.pending_export
        SET delivery = $2, updated_at = now()
        WHERE id = ANY($1::bigint[]))",
            pending_ids, file_name);
}

void take_over(db::Transaction& tx, const std::string& target, const std::string& file_name,
               const std::string& owner) {
    tx.exec(R"(
        UPDATE harmonia.pending_export
        SET lease_owner = $3, lease_until = now() + interval '1 h'
        WHERE provider_slug = $1 AND delivery = $2)",
            target, file_name, owner);
}

void store_outbox(db::Transaction& tx, const std::vector<OutboxEntry>& entries) {
    db::ArrayText kinds, keys, exchanges, routes, properties, bodies;
    for (const auto& entry : entries) {
        kinds.add(entry.kind);
        keys.add(entry.key);
        exchanges.add(entry.exchange);
        routes.add(entry.routing_key);
        properties.add(entry.properties);
        bodies.add(entry.body);
    }
    tx.exec(R"(
        INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, body)
        SELECT 'harmonia', kind, key, exchange, routing_key, properties::jsonb, body
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
             WITH ORDINALITY AS a(kind, key, exchange, routing_key, properties, body, n)
        ORDER BY n)",
            kinds, keys, exchanges, routes, properties, bodies);
    tx.exec("SELECT pg_notify('harmonia_outbox', '')");
}

void settle_outbox(db::Transaction& tx, const std::vector<std::int64_t>& confirmed,
                   const std::vector<Refused>& refused) {
    if (!confirmed.empty())
        tx.exec("DELETE FROM ops.outbox WHERE id = ANY($1::bigint[])", confirmed);
    if (refused.empty())
        return;
    db::ArrayText ids, attempts, delays, reasons;
    for (const auto& row : refused) {
        ids.add(row.id);
        attempts.add(row.attempts);
        delays.add(outbox_retry_delay(row.attempts).count());
        reasons.add(printable(row.reason));
    }
    tx.exec(R"(
        UPDATE ops.outbox o
        SET attempts = r.attempts, last_error = r.reason,
            not_before = now() + r.delay * interval '1 s'
        FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::text[])
             AS r(id, attempts, delay, reason)
        WHERE o.id = r.id)",
            ids, attempts, delays, reasons);
}

} // namespace harmonia::exporting
