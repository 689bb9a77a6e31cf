#include "jobs/mids/load.hpp"

namespace harmonia::mids {
namespace {

constexpr const char* k_list = R"(
    SELECT m.id, p.slug, m.identifier_type, m.identifier, s.slug, m.location_id,
           m.merchant_internal_id, m.location, m.postcode, count(*) OVER ()
      FROM merchant_identifier m
      JOIN payment_provider p ON p.id = m.payment_provider_id
      JOIN loyalty_scheme s ON s.id = m.loyalty_scheme_id
     WHERE ($1 = '' OR p.slug = $1) AND ($2 = '' OR s.slug = $2) AND ($3 = '' OR m.identifier = $3)
     ORDER BY m.id LIMIT $4)";

} // namespace

Listing list(db::Connection& connection, const Filter& filter) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result found =
        tx.exec(k_list, filter.provider, filter.scheme, filter.identifier, filter.limit);
    Listing listing;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto text = [&](std::size_t column) { return std::string(found.text(i, column)); };
        Listed row;
        row.id = found.integer(i, 0);
        row.row = {{text(1), text(2), text(3)}, text(4), found.optional_text(i, 5),
                   found.optional_text(i, 6),   text(7), text(8)};
        listing.total = static_cast<std::uint64_t>(found.integer(i, 9));
        listing.rows.push_back(std::move(row));
    }
    return listing;
}

} // namespace harmonia::mids
