#include "jobs/export/store.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <map>

namespace harmonia::export_job {
namespace {

using Kind = Verdict::Kind;

std::vector<long long> held_of(db::Transaction& tx, const std::string& owner,
                               const std::vector<Attempt>& attempts) {
    std::vector<long long> ids;
    for (const auto& attempt : attempts)
        ids.push_back(attempt.pending_id);
    return claim::still_held(tx, pending_table(), owner, ids);
}

void finish(db::Transaction& tx, const std::string& owner, const std::vector<Attempt>& attempts,
            Kind kind, const char* status) {
    std::vector<long long> pending, exports;
    for (const auto& attempt : attempts) {
        if (attempt.verdict.kind != kind)
            continue;
        pending.push_back(attempt.pending_id);
        exports.push_back(attempt.export_id);
    }
    if (pending.empty())
        return;
    claim::remove(tx, pending_table(), owner, pending);
    tx.exec("UPDATE harmonia.export_transaction SET status = $2::harmonia.export_status,"
            " updated_at = now() WHERE id = ANY($1::bigint[])",
            exports, status);
}

void put_off(db::Transaction& tx, const std::string& owner, const std::vector<Attempt>& attempts) {
    std::map<std::pair<Instant, std::string>, std::vector<long long>> groups;
    for (const auto& attempt : attempts)
        if (attempt.verdict.kind == Kind::put_off)
            groups[{attempt.verdict.when, attempt.verdict.detail}].push_back(attempt.pending_id);
    for (const auto& [why, ids] : groups)
        claim::put_off(tx, pending_table(), owner, ids, why.first, why.second);
}

void record(db::Transaction& tx, const std::string& target, const std::vector<Attempt>& attempts) {
    std::vector<long long> exports, numbers, statuses, durations;
    std::vector<std::string> outcomes, digests, details;
    for (const auto& attempt : attempts) {
        exports.push_back(attempt.export_id);
        numbers.push_back(attempt.attempt);
        statuses.push_back(attempt.status_code);
        durations.push_back(attempt.duration_ms);
        outcomes.emplace_back(verdict_name(attempt.verdict.kind));
        digests.push_back(attempt.body_sha256);
        details.push_back(printable(attempt.verdict.detail));
    }
    tx.exec("INSERT INTO harmonia.export_attempt (provider_slug, export_transaction_id, attempt,"
            " outcome, status_code, body_sha256, detail, duration_ms)"
            " SELECT $1, e, n, o, nullif(s, 0), d, t, ms FROM unnest($2::bigint[], $3::int[],"
            " $4::text[], $5::int[], $6::text[], $7::text[], $8::int[]) a(e, n, o, s, d, t, ms)",
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
    std::vector<Attempt> ours;
    for (const auto& attempt : attempts)
        if (std::binary_search(held.begin(), held.end(), attempt.pending_id))
            ours.push_back(attempt);
    if (ours.empty())
        return 0;
    record(tx, target, ours);
    put_off(tx, owner, ours);
    finish(tx, owner, ours, Kind::delivered, "EXPORTED");
    finish(tx, owner, ours, Kind::failed, "EXPORT_FAILED");
    return ours.size();
}

long long next_sequence(db::Transaction& tx, const std::string& target) {
    return tx
        .exec("INSERT INTO harmonia.file_sequence_number AS f (provider_slug, next_value)"
              " VALUES ($1, 2) ON CONFLICT (provider_slug)"
              " DO UPDATE SET next_value = f.next_value + 1 RETURNING next_value - 1",
              target)
        .integer(0, 0);
}

void name_delivery(db::Transaction& tx, const std::vector<long long>& pending_ids,
                   const std::string& file_name) {
    tx.exec("UPDATE harmonia.pending_export SET delivery = $2, updated_at = now()"
            " WHERE id = ANY($1::bigint[])",
            pending_ids, file_name);
}

void take_over(db::Transaction& tx, const std::string& target, const std::string& file_name,
               const std::string& owner) {
    tx.exec(
        "UPDATE harmonia.pending_export SET lease_owner = $3, lease_until = now() + interval '1 h'"
        " WHERE provider_slug = $1 AND delivery = $2",
        target, file_name, owner);
}

void store_outbox(db::Transaction& tx, const std::vector<OutboxEntry>& entries) {
    std::vector<std::string> kinds, keys, exchanges, routes, properties, bodies;
    for (const auto& entry : entries) {
        kinds.push_back(entry.kind);
        keys.push_back(entry.key);
        exchanges.push_back(entry.exchange);
        routes.push_back(entry.routing_key);
        properties.push_back(entry.properties);
        bodies.push_back(entry.body);
    }
    tx.exec("INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, body)"
            " SELECT 'harmonia', k, y, e, r, p::jsonb, b FROM unnest($1::text[], $2::text[],"
            " $3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY"
            " a(k, y, e, r, p, b, n) ORDER BY n",
            kinds, keys, exchanges, routes, properties, bodies);
    tx.exec("SELECT pg_notify('harmonia_outbox', '')");
}

void settle_outbox(db::Transaction& tx, const std::vector<long long>& confirmed,
                   const std::vector<Refused>& refused) {
    if (!confirmed.empty())
        tx.exec("DELETE FROM ops.outbox WHERE id = ANY($1::bigint[])", confirmed);
    if (refused.empty())
        return;
    std::vector<long long> ids, attempts, rests;
    std::vector<std::string> reasons;
    for (const auto& row : refused) {
        ids.push_back(row.id);
        attempts.push_back(row.attempts);
        rests.push_back(outbox_rest(row.attempts).count());
        reasons.push_back(printable(row.reason));
    }
    tx.exec("UPDATE ops.outbox o SET attempts = r.attempts, last_error = r.reason,"
            " not_before = now() + r.rest * interval '1 s' FROM unnest($1::bigint[], $2::int[],"
            " $3::bigint[], $4::text[]) r(id, attempts, rest, reason) WHERE o.id = r.id",
            ids, attempts, rests, reasons);
}

} // namespace harmonia::export_job
