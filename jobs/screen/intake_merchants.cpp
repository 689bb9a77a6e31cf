#include "jobs/screen/intake_merchants.hpp"

namespace harmonia::screen {

KnownMerchants KnownMerchants::load(db::Transaction& tx) {
    const auto rows = tx.exec(
        "SELECT i.identifier, CASE WHEN count(DISTINCT s.slug) = 1 THEN min(s.slug) ELSE '' END, "
        "array_agg(i.id ORDER BY i.id)::text FROM harmonia.merchant_identifier i "
        "JOIN harmonia.loyalty_scheme s ON s.id = i.loyalty_scheme_id "
        "WHERE i.identifier_type = 'PRIMARY' GROUP BY i.identifier");
    KnownMerchants known;
    known.all_.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        known.all_.emplace(rows.text(row, 0), KnownMerchant{std::string(rows.text(row, 1)),
                                                            std::string(rows.text(row, 2))});
    return known;
}

const KnownMerchant* KnownMerchants::find(std::string_view identifier) const {
    const auto found = all_.find(identifier);
    return found == all_.end() || found->second.slug.empty() ? nullptr : &found->second;
}

} // namespace harmonia::screen
