#include "jobs/orders/load_merchants.hpp"

namespace harmonia::orders {

KnownMerchants KnownMerchants::load(db::Transaction& tx) {
    const auto rows = tx.exec(R"(
        SELECT i.identifier,
               CASE WHEN count(DISTINCT s.slug) = 1 THEN min(s.slug) ELSE '' END AS slug,
               array_agg(i.id ORDER BY i.id)::text AS ids
          FROM harmonia.merchant_identifier i
          JOIN harmonia.loyalty_scheme s ON s.id = i.loyalty_scheme_id
         WHERE i.identifier_type = 'PRIMARY'
         GROUP BY i.identifier)");
    KnownMerchants known;
    known.all_.reserve(rows.size());
    for (const db::Row row : rows)
        known.all_.emplace(row.text("identifier"), KnownMerchant{std::string(row.text("slug")),
                                                                 std::string(row.text("ids"))});
    return known;
}

const KnownMerchant* KnownMerchants::find(std::string_view identifier) const {
    const auto found = all_.find(identifier);
    return found == all_.end() || found->second.slug.empty() ? nullptr : &found->second;
}

} // namespace harmonia::orders
