#include "jobs/export/load.hpp"

#include <fmt/format.h>

namespace harmonia::exporting {
namespace {

// The names after `retry_count` are those of exporters::row_names().
constexpr const char* k_owed = R"(
    SELECT p.id AS pending_id, e.id AS export_id, p.retry_count, e.export_uid, e.transaction_id,
           e.transaction_date, e.spend_amount, e.spend_currency, e.loyalty_id, e.mid,
           e.primary_identifier, e.location_id, e.merchant_internal_id, e.user_id,
           e.scheme_account_id, e.payment_card_account_id, e.auth_code, e.approval_code,
           e.settlement_key, e.last_four, e.expiry_month, e.expiry_year, e.payment_provider_slug,
           e.feed_type, e.matched_transaction_id, e.provider_slug AS target, e.created_at,
           e.extra_fields AS extra
    FROM harmonia.pending_export p
    JOIN harmonia.export_transaction e ON e.id = p.export_transaction_id
    WHERE {}
    ORDER BY p.id)";

expr::Value value_of(const db::Row& row, const expr::Name& name) {
    if (row.is_null(name.name))
        return {};
    if (name.type == expr::Type::integer)
        return expr::Value::of(row.integer(name.name));
    if (name.type == expr::Type::instant)
        return expr::Value::of_instant(row.instant(name.name).us);
    return expr::Value::of_text(row.text(name.name));
}

Owed owed_of(db::Result rows) {
    Owed owed{std::move(rows), {}};
    const auto names = exporters::row_names();
    owed.deliveries.reserve(owed.source.size());
    for (const db::Row row : owed.source) {
        Delivery delivery{row.integer("pending_id"),
                          row.integer("export_id"),
                          static_cast<int>(row.integer("retry_count")),
                          std::string(row.text("export_uid")),
                          {}};
        delivery.row.values.reserve(names.size());
        for (const expr::Name& name : names)
            delivery.row.values.push_back(value_of(row, name));
        owed.deliveries.push_back(std::move(delivery));
    }
    return owed;
}

} // namespace

std::vector<int> lanes_with_work(db::Transaction& tx, std::int64_t id_max) {
    const db::Result rows = tx.exec(R"(
        SELECT l AS lane
        FROM generate_series(0, 63) l
        WHERE EXISTS (
            SELECT FROM ops.outbox o
            WHERE o.lane = l::smallint AND o.id <= $1
              AND (o.not_before IS NULL OR o.not_before <= now()))
        ORDER BY l)",
                                    id_max);
    std::vector<int> lanes;
    for (const db::Row row : rows)
        lanes.push_back(static_cast<int>(row.integer("lane")));
    return lanes;
}

std::int64_t outbox_end(db::Transaction& tx) {
    return tx.exec("SELECT coalesce(max(id), 0) AS id FROM ops.outbox").only().integer("id");
}

HeldKeys held_keys(db::Transaction& tx, const std::vector<int>& lanes) {
    const db::Result rows = tx.exec(R"(
        SELECT key, min(id) AS id
        FROM ops.outbox
        WHERE lane = ANY($1::smallint[]) AND not_before IS NOT NULL AND not_before > now()
        GROUP BY key)",
                                    lanes);
    HeldKeys held;
    for (const db::Row row : rows) {
        held.keys.emplace_back(row.text("key"));
        held.ids.push_back(row.integer("id"));
    }
    return held;
}

// Held keys are rare: the plain form does not look for them row by row.
std::vector<OutboxRow> next_outbox_rows(db::Transaction& tx, std::map<int, std::int64_t>& cursor,
                                        const HeldKeys& held, std::int64_t id_max, int per_lane) {
    db::ArrayText lanes, after;
    for (const auto& [lane, id] : cursor) {
        lanes.add(lane);
        after.add(id);
    }
    std::vector<db::Param> parameters{lanes, after, id_max, per_lane};
    const char* not_held = "";
    if (!held.keys.empty()) {
        not_held = R"(
              AND NOT EXISTS (
                  SELECT FROM unnest($5::text[], $6::bigint[]) h(key, id)
                  WHERE h.key = b.key AND b.id >= h.id))";
        parameters.emplace_back(held.keys);
        parameters.emplace_back(held.ids);
    }
    const std::string sql = fmt::format(R"(
        SELECT o.id, o.lane, o.attempts, o.key, o.exchange, o.routing_key, o.properties, o.headers,
               o.body, o.mandatory
        FROM unnest($1::smallint[], $2::bigint[]) c(lane, after)
        CROSS JOIN LATERAL (
            SELECT *
            FROM ops.outbox b
            WHERE b.lane = c.lane AND b.id > c.after AND b.id <= $3{}
            ORDER BY b.id
            LIMIT $4) o)",
                                        not_held);
    const db::Result rows = tx.run(sql, parameters);
    std::vector<OutboxRow> out;
    out.reserve(rows.size());
    for (const db::Row row : rows) {
        out.push_back({row.integer("id"), static_cast<int>(row.integer("lane")),
                       static_cast<int>(row.integer("attempts")), std::string(row.text("key")),
                       std::string(row.text("exchange")), std::string(row.text("routing_key")),
                       std::string(row.text("properties")), std::string(row.text("headers")),
                       std::string(row.text("body")), row.boolean("mandatory")});
        cursor[out.back().lane] = out.back().id;
    }
    return out;
}

Owed load_owed(db::Transaction& tx, const std::vector<std::int64_t>& pending_ids) {
    return owed_of(tx.exec(fmt::format(k_owed, "p.id = ANY($1::bigint[])"), pending_ids));
}

Owed load_named(db::Transaction& tx, const std::string& target, const std::string& file_name) {
    return owed_of(tx.exec(fmt::format(k_owed, "p.provider_slug = $1 AND p.delivery = $2"), target,
                           file_name));
}

std::vector<std::string> unfinished_files(db::Transaction& tx, const std::string& target) {
    const db::Result rows = tx.exec(R"(
        SELECT delivery
        FROM harmonia.pending_export
        WHERE provider_slug = $1 AND delivery IS NOT NULL
        GROUP BY delivery
        ORDER BY min(id))",
                                    target);
    std::vector<std::string> names;
    for (const db::Row row : rows)
        names.emplace_back(row.text("delivery"));
    return names;
}

} // namespace harmonia::exporting
