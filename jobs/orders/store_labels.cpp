#include "jobs/orders/store_labels.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace harmonia::orders {
namespace {

/// Ids of payments by (provider, transaction id).
using PaymentIds = std::map<std::pair<std::string, std::string>, std::int64_t>;

PaymentIds find_payments(db::Transaction& tx, const LabelBlock& block) {
    std::vector<std::string> providers, ids;
    for (const LabelRow& row : block.all) {
        providers.push_back(row.provider);
        ids.push_back(row.transaction_id);
    }
    const auto rows = tx.exec(R"(
        SELECT f.source, f.external_id, min(f.payment_id) AS payment_id
          FROM screening.fact f
          JOIN unnest($1::text[], $2::text[]) AS l(source, external_id) USING (source, external_id)
         GROUP BY f.source, f.external_id)",
                              providers, ids);
    PaymentIds found;
    for (const db::Row row : rows)
        found[{std::string(row.text("source")), std::string(row.text("external_id"))}] =
            row.integer("payment_id");
    return found;
}

} // namespace

importers::BlockCounts write_labels(db::Transaction& tx, const LabelBlock& block,
                                    std::int64_t batch_id) {
    importers::BlockCounts counts;
    const PaymentIds known = find_payments(tx, block);
    std::vector<std::int64_t> payment_ids;
    std::vector<std::string> labels, sources, notes;
    std::vector<db::Instant> known_at;
    for (const LabelRow& row : block.all) {
        counts.date_from_us = std::min(counts.date_from_us.value_or(row.known_us), row.known_us);
        counts.date_to_us = std::max(counts.date_to_us.value_or(row.known_us), row.known_us);
        const auto payment = known.find({row.provider, row.transaction_id});
        if (payment == known.end()) {
            counts.conflicts.push_back(
                {row.place,
                 {"V-PAYMENT", "transaction_id", "V-PAYMENT transaction_id: unknown payment"},
                 row.raw});
            continue;
        }
        payment_ids.push_back(payment->second);
        labels.push_back(row.label);
        sources.push_back(row.source);
        known_at.push_back({row.known_us});
        notes.push_back(row.note);
    }
    const auto written = tx.exec(R"(
        INSERT INTO screening.label (payment_id, label, source, known_at, note, batch_id)
        SELECT l.payment_id, l.label, l.source, l.known_at, l.note, $6
          FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
               AS l(payment_id, label, source, known_at, note)
            ON CONFLICT DO NOTHING)",
                                 payment_ids, labels, sources, known_at, notes, batch_id);
    counts.inserted = written.affected();
    counts.duplicates = payment_ids.size() - counts.inserted;
    return counts;
}

} // namespace harmonia::orders
