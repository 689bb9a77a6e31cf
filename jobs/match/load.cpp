#include "jobs/match/load.hpp"

#include "core/base/check.hpp"
#include "core/time/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace harmonia::match {

namespace {

/// Distinct merchants of a partial index, by skipping from one to the next: as many steps as
/// merchants.
std::string merchants_of(std::string_view table, std::string_view column, std::string_view where) {
    return fmt::format(R"(
        (WITH RECURSIVE m AS (
            (SELECT {1} AS slug FROM {0} WHERE {2} ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT {1} FROM {0} WHERE {2} AND {1} > m.slug ORDER BY 1 LIMIT 1)
              FROM m WHERE m.slug IS NOT NULL)
         SELECT slug FROM m WHERE slug IS NOT NULL))",
                       table, column, where);
}

} // namespace

std::vector<std::string> merchants_with_work(db::Transaction& tx, const Declarations& declarations,
                                             Identify identify) {
    std::set<std::string> found;
    const db::Result fresh = tx.exec(
        merchants_of("harmonia.payment_transaction", "merchant_slug",
                     "admitted_at IS NULL AND screen IN ('NONE', 'APPROVED') "
                     "AND merchant_slug > ''") + // nobody's: of orders without a known merchant
        " UNION " +
        merchants_of("harmonia.scheme_transaction", "provider_slug", "admitted_at IS NULL") +
        (identify == Identify::table
             ? " UNION SELECT p.merchant_slug FROM harmonia.payment_transaction p "
               "JOIN harmonia.card_holder h ON h.merchant_slug = p.merchant_slug "
               "AND h.card_token = p.card_token "
               "WHERE p.stage = 'UNKNOWN_USER' AND p.status = 'PENDING'"
             : ""));
    for (std::size_t i = 0; i < fresh.size(); ++i)
        found.emplace(fresh.text(i, 0));
    const db::Result states =
        tx.exec("SELECT merchant_slug, rule_digest FROM harmonia.match_state");
    for (std::size_t i = 0; i < states.size(); ++i)
        if (declarations.of(states.text(i, 0)).digest != states.text(i, 1))
            found.emplace(states.text(i, 0));
    return {found.begin(), found.end()};
}

StartTime start_time(db::Transaction& tx) {
    const db::Result now = tx.exec("SELECT now()");
    const auto parsed = time::parse_iso(now.text(0, 0));
    HARMONIA_CHECK(parsed.has_value());
    return {std::string(now.text(0, 0)), parsed->instant(time::Zone::utc())};
}

Standing standing(db::Transaction& tx, const std::string& merchant,
                  const Declaration& declaration) {
    const db::Result found =
        tx.exec("SELECT EXISTS (SELECT FROM harmonia.payment_transaction WHERE merchant_slug = $1 "
                "AND admitted_at IS NULL AND screen IN ('NONE', 'APPROVED')) "
                "OR EXISTS (SELECT FROM harmonia.scheme_transaction WHERE provider_slug = $1 "
                "AND admitted_at IS NULL), (SELECT rule_digest FROM harmonia.match_state "
                "WHERE merchant_slug = $1)",
                merchant);
    Standing where;
    where.new_rows = found.boolean(0, 0);
    if (!found.is_null(0, 1))
        where.rule = found.text(0, 1) == declaration.digest ? Standing::Rule::as_applied
                                                            : Standing::Rule::changed;
    return where;
}

} // namespace harmonia::match
