#include "jobs/screen/backtest/load.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

/// Shadow verdicts `s` of a version with the live verdicts `l` of the same payments.
constexpr const char* k_pairs = R"(
          FROM screening.verdict s
          JOIN screening.verdict l ON l.payment_id = s.payment_id
           AND l.ruleset = s.ruleset AND l.rev = s.rev AND NOT l.is_shadow
         WHERE s.is_shadow AND s.ruleset = $1 AND s.version = $2)";

std::uint64_t count_in(const db::Row& row, const char* column) {
    return static_cast<std::uint64_t>(row.integer(column));
}

} // namespace

std::int64_t load_instant_us(db::Transaction& tx, const std::string& text) {
    return tx.exec("SELECT $1::timestamptz AS instant", text).only().instant("instant").us;
}

std::int64_t first_event_us(db::Transaction& tx, const std::string& ruleset) {
    return tx
        .exec(R"(
        SELECT coalesce(min(event_us), 0) AS event_us
          FROM screening.fact
         WHERE ruleset = $1)",
              ruleset)
        .only()
        .integer("event_us");
}

std::optional<Changes> load_changes(db::Transaction& tx, const RulesetName& candidate) {
    const auto outcomes = tx.exec(fmt::format(R"(
        SELECT l.outcome AS before, s.outcome AS after, count(*) AS payments{}
         GROUP BY 1, 2)",
                                              k_pairs),
                                  candidate.name, candidate.version);
    if (outcomes.empty())
        return std::nullopt;
    Changes changes;
    for (const db::Row row : outcomes)
        changes.outcomes[static_cast<std::size_t>(outcome_named(row.text("before")))]
                        [static_cast<std::size_t>(outcome_named(row.text("after")))] +=
            count_in(row, "payments");
    const auto hits = tx.exec(fmt::format(R"(
          WITH pairs AS MATERIALIZED (
        SELECT l.id AS live, s.id AS shadow{})
        SELECT h.rule_id,
               count(*) FILTER (WHERE h.verdict_id = p.live) AS before,
               count(*) FILTER (WHERE h.verdict_id = p.shadow) AS after
          FROM pairs p
          JOIN screening.verdict_hit h ON h.verdict_id IN (p.live, p.shadow)
         WHERE NOT h.is_shadow AND h.suppressed_by IS NULL
         GROUP BY 1)",
                                          k_pairs),
                              candidate.name, candidate.version);
    for (const db::Row row : hits)
        changes.hits[std::string(row.text("rule_id"))] = {count_in(row, "before"),
                                                          count_in(row, "after")};
    return changes;
}

} // namespace harmonia::screen
