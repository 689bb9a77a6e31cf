#include "jobs/mids/load.hpp"

namespace harmonia::mids {
namespace {

constexpr const char* k_list = R"(
    SELECT m.id, p.slug AS provider, m.identifier_type, m.identifier, s.slug AS scheme,
           m.location_id, m.merchant_internal_id, m.location, m.postcode, count(*) OVER () AS total
      FROM merchant_identifier m
      JOIN payment_provider p ON p.id = m.payment_provider_id
      JOIN loyalty_scheme s ON s.id = m.loyalty_scheme_id
     WHERE ($1 = '' OR p.slug = $1)
       AND ($2 = '' OR s.slug = $2)
       AND ($3 = '' OR m.identifier = $3)
     ORDER BY m.id
     LIMIT $4)";

} // namespace

Listing list(db::Connection& connection, const Filter& filter) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    Listing listing;
    for (const db::Row row :
         tx.exec(k_list, filter.provider, filter.scheme, filter.identifier, filter.limit)) {
        const auto text = [&](std::string_view column) { return std::string(row.text(column)); };
        Listed listed;
        listed.id = row.integer("id");
        listed.row.key = {text("provider"), text("identifier_type"), text("identifier")};
        listed.row.scheme = text("scheme");
        listed.row.location_id = row.optional_text("location_id");
        listed.row.merchant_internal_id = row.optional_text("merchant_internal_id");
        listed.row.location = text("location");
        listed.row.postcode = text("postcode");
        listing.total = static_cast<std::uint64_t>(row.integer("total"));
        listing.rows.push_back(std::move(listed));
    }
    return listing;
}

} // namespace harmonia::mids
