#include "jobs/export/load.hpp"

namespace harmonia::export_job {
namespace {

std::vector<long long> as_numbers(const std::vector<int>& lanes) {
    return {lanes.begin(), lanes.end()};
}

// Columns after the first four in the order of exporters::row_names(); instants as microseconds.
constexpr const char* k_owed =
    "SELECT p.id, e.id, p.retry_count, e.export_uid, e.transaction_id,"
    " (extract(epoch FROM e.transaction_date) * 1000000)::bigint, e.spend_amount,"
    " e.spend_currency, e.loyalty_id, e.mid, e.primary_identifier, e.location_id,"
    " e.merchant_internal_id, e.user_id, e.scheme_account_id, e.payment_card_account_id,"
    " e.auth_code, e.approval_code, e.settlement_key, e.last_four, e.expiry_month, e.expiry_year,"
    " e.payment_provider_slug, e.feed_type, e.matched_transaction_id, e.export_uid,"
    " e.provider_slug, (extract(epoch FROM e.created_at) * 1000000)::bigint, e.extra_fields"
    " FROM harmonia.pending_export p"
    " JOIN harmonia.export_transaction e ON e.id = p.export_transaction_id ";
constexpr std::size_t k_first_value = 4;

expr::Value value_of(const db::Result& rows, std::size_t row, std::size_t column, expr::Type type) {
    if (rows.is_null(row, column))
        return {};
    if (type == expr::Type::integer)
        return expr::Value::of(std::int64_t{rows.integer(row, column)});
    if (type == expr::Type::instant)
        return expr::Value::of_instant(rows.integer(row, column));
    return expr::Value::of_text(rows.text(row, column));
}

Owed owed_of(db::Result rows) {
    Owed owed{std::move(rows), {}};
    const auto names = exporters::row_names();
    owed.deliveries.reserve(owed.source.size());
    for (std::size_t i = 0; i < owed.source.size(); ++i) {
        Delivery delivery{owed.source.integer(i, 0),
                          owed.source.integer(i, 1),
                          static_cast<int>(owed.source.integer(i, 2)),
                          std::string(owed.source.text(i, 3)),
                          {}};
        for (std::size_t n = 0; n < names.size(); ++n)
            delivery.row.values.push_back(
                value_of(owed.source, i, k_first_value + n, names[n].type));
        owed.deliveries.push_back(std::move(delivery));
    }
    return owed;
}

} // namespace

std::vector<int> lanes_with_work(db::Transaction& tx, long long id_max) {
    const auto rows = tx.exec("SELECT l FROM generate_series(0, 63) l WHERE EXISTS (SELECT 1"
                              " FROM ops.outbox o WHERE o.lane = l::smallint AND o.id <= $1"
                              " AND (o.not_before IS NULL OR o.not_before <= now())) ORDER BY 1",
                              id_max);
    std::vector<int> lanes;
    for (std::size_t i = 0; i < rows.size(); ++i)
        lanes.push_back(static_cast<int>(rows.integer(i, 0)));
    return lanes;
}

long long outbox_end(db::Transaction& tx) {
    return tx.exec("SELECT coalesce(max(id), 0) FROM ops.outbox").integer(0, 0);
}

HeldKeys held_keys(db::Transaction& tx, const std::vector<int>& lanes) {
    const auto rows = tx.exec("SELECT key, min(id) FROM ops.outbox WHERE lane = ANY($1::smallint[])"
                              " AND not_before IS NOT NULL AND not_before > now() GROUP BY key",
                              as_numbers(lanes));
    HeldKeys held;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        held.keys.emplace_back(rows.text(i, 0));
        held.ids.push_back(rows.integer(i, 1));
    }
    return held;
}

std::vector<OutboxRow> next_outbox_rows(db::Transaction& tx, std::map<int, long long>& cursor,
                                        const HeldKeys& held, long long id_max, int per_lane) {
    std::vector<long long> lanes, after;
    for (const auto& [lane, id] : cursor) {
        lanes.push_back(lane);
        after.push_back(id);
    }
    // Held keys are rare: the plain form does not look for them row by row.
    std::string sql =
        "SELECT o.id, o.lane, o.attempts, o.key, o.exchange, o.routing_key, o.properties,"
        " o.headers, o.body, o.mandatory FROM unnest($1::smallint[], $2::bigint[]) c(lane, after)"
        " CROSS JOIN LATERAL (SELECT * FROM ops.outbox b WHERE b.lane = c.lane AND b.id > c.after"
        " AND b.id <= $3";
    std::vector<db::Param> parameters{lanes, after, id_max, per_lane};
    if (!held.keys.empty()) {
        sql += " AND NOT EXISTS (SELECT 1 FROM unnest($5::text[], $6::bigint[]) h(key, id)"
               " WHERE h.key = b.key AND b.id >= h.id)";
        parameters.emplace_back(held.keys);
        parameters.emplace_back(held.ids);
    }
    const auto rows = tx.run(sql + " ORDER BY b.id LIMIT $4) o", parameters);
    std::vector<OutboxRow> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out.push_back({rows.integer(i, 0), static_cast<int>(rows.integer(i, 1)),
                       static_cast<int>(rows.integer(i, 2)), std::string(rows.text(i, 3)),
                       std::string(rows.text(i, 4)), std::string(rows.text(i, 5)),
                       std::string(rows.text(i, 6)), std::string(rows.text(i, 7)),
                       std::string(rows.text(i, 8)), rows.boolean(i, 9)});
        cursor[out.back().lane] = out.back().id;
    }
    return out;
}

Owed load_owed(db::Transaction& tx, const std::vector<long long>& pending_ids) {
    return owed_of(
        tx.exec(std::string(k_owed) + "WHERE p.id = ANY($1::bigint[]) ORDER BY p.id", pending_ids));
}

Owed load_named(db::Transaction& tx, const std::string& target, const std::string& file_name) {
    return owed_of(tx.exec(std::string(k_owed) +
                               "WHERE p.provider_slug = $1 AND p.delivery = $2 ORDER BY p.id",
                           target, file_name));
}

std::vector<std::string> unfinished_files(db::Transaction& tx, const std::string& target) {
    const auto rows =
        tx.exec("SELECT delivery FROM harmonia.pending_export WHERE provider_slug = $1"
                " AND delivery IS NOT NULL GROUP BY delivery ORDER BY min(id)",
                target);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < rows.size(); ++i)
        names.emplace_back(rows.text(i, 0));
    return names;
}

std::int64_t server_now_us(db::Transaction& tx) {
    return tx.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .integer(0, 0);
}

} // namespace harmonia::export_job
