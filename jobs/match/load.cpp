#include "jobs/match/load.hpp"

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
            FROM m
            WHERE m.slug IS NOT NULL)
        SELECT slug FROM m WHERE slug IS NOT NULL))",
                       table, column, where);
}

} // namespace

std::vector<std::string> merchants_with_work(db::Transaction& tx, const Declarations& declarations,
                                             Identify identify) {
    // Nobody's payments, of orders without a known merchant, have the slug ''.
    std::string sql =
        merchants_of("harmonia.payment_transaction", "merchant_slug",
                     "admitted_at IS NULL AND screen IN ('NONE', 'APPROVED') "
                     "AND merchant_slug > ''") +
        " UNION " +
        merchants_of("harmonia.scheme_transaction", "provider_slug", "admitted_at IS NULL");
    if (identify == Identify::table)
        sql += R"(
        UNION
        SELECT p.merchant_slug
        FROM harmonia.payment_transaction p
        JOIN harmonia.card_holder h
          ON h.merchant_slug = p.merchant_slug AND h.card_token = p.card_token
        WHERE p.stage = 'UNKNOWN_USER' AND p.status = 'PENDING')";
    std::set<std::string> found;
    for (const db::Row row : tx.exec(sql))
        found.emplace(row.text("slug"));
    for (const db::Row row : tx.exec("SELECT merchant_slug, rule_digest FROM harmonia.match_state"))
        if (declarations.of(row.text("merchant_slug")).digest != row.text("rule_digest"))
            found.emplace(row.text("merchant_slug"));
    return {found.begin(), found.end()};
}

Standing standing(db::Transaction& tx, const std::string& merchant,
                  const Declaration& declaration) {
    const db::Row found = tx.exec(R"(
        SELECT EXISTS (
                   SELECT FROM harmonia.payment_transaction
                   WHERE merchant_slug = $1 AND admitted_at IS NULL
                     AND screen IN ('NONE', 'APPROVED'))
               OR EXISTS (
                   SELECT FROM harmonia.scheme_transaction
                   WHERE provider_slug = $1 AND admitted_at IS NULL) AS new_rows,
               (SELECT rule_digest FROM harmonia.match_state
                WHERE merchant_slug = $1) AS rule_digest)",
                                  merchant)
                              .only();
    Standing where;
    where.new_rows = found.boolean("new_rows");
    if (const auto digest = found.optional_text("rule_digest"))
        where.rule =
            *digest == declaration.digest ? Standing::Rule::as_applied : Standing::Rule::changed;
    return where;
}

} // namespace harmonia::match
