#include "jobs/screen/suppress.hpp"

#include "core/card/redact.hpp"
#include "jobs/screen/lists.hpp"

#include <fmt/format.h>

namespace harmonia::screen {

std::int64_t suppress(db::Connection& connection, StoredSuppression wanted, long long for_ms) {
    if (wanted.key == "card" && card::shows_card(wanted.value))
        throw Error(Exit::usage, "a card is named by its hash, never by its number",
                    "Suppress by the hash, or by customer, merchant or device.");
    db::Transaction tx(connection);
    if (tx.exec("SELECT FROM screening.rule_set WHERE name = $1 LIMIT 1", wanted.ruleset).empty())
        throw Error(Exit::usage, fmt::format("there is no rule set '{}'", wanted.ruleset),
                    "harmonia screen rules list shows them.");
    const std::int64_t revision = take_revision(tx);
    const std::optional<std::string> from =
        wanted.starts_at.empty() ? std::nullopt : std::optional(wanted.starts_at);
    const auto made = tx.exec(R"(
        INSERT INTO screening.suppression (ruleset, rule_id, key, value, starts_at, expires_at,
               created_by, reason, revision)
        SELECT $1, $2, $3, $4, s, s + $6::bigint * interval '1 millisecond', $7, $8, $9
          FROM (SELECT coalesce($5::timestamptz, now()) AS s) t RETURNING id)",
                              wanted.ruleset, wanted.rule_id, wanted.key, wanted.value, from,
                              for_ms, wanted.created_by, card::redact(wanted.reason), revision);
    const std::int64_t id = made.integer(0, 0);
    tx.commit(Failpoint::screen_manage_commit);
    return id;
}

bool end_suppression(db::Connection& connection, std::int64_t id) {
    db::Transaction tx(connection);
    const std::int64_t revision = take_revision(tx);
    if (tx.exec("UPDATE screening.suppression SET ended_revision = $2 WHERE id = $1 AND "
                "ended_revision IS NULL",
                id, revision)
            .affected() == 0)
        return false;
    tx.commit(Failpoint::screen_manage_commit);
    return true;
}

std::vector<StoredSuppression> list_suppressions(db::Connection& connection, bool all) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(R"(
        SELECT id, ruleset, rule_id, key, value, starts_at, expires_at, created_by, reason,
               ended_revision IS NOT NULL OR expires_at <= now() AS ended
          FROM screening.suppression
         WHERE $1 OR (ended_revision IS NULL AND expires_at > now()) ORDER BY id)",
                              all);
    std::vector<StoredSuppression> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto text = [&](std::size_t column) { return std::string(rows.text(i, column)); };
        out.push_back({rows.integer(i, 0), text(1), text(2), text(3), text(4), text(5), text(6),
                       text(7), text(8), rows.boolean(i, 9)});
    }
    return out;
}

} // namespace harmonia::screen
