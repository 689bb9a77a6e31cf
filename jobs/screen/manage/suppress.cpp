#include "jobs/screen/manage/suppress.hpp"

#include "core/card/redact.hpp"
#include "jobs/screen/manage/lists.hpp"

#include <fmt/format.h>

namespace harmonia::screen {

std::int64_t suppress(db::Connection& connection, StoredSuppression wanted, std::int64_t for_ms) {
    if (wanted.key == "card" && card::shows_card(wanted.value))
        throw Error(Exit::usage, "a card must be given by its hash, never by its number",
                    "Suppress by the hash, or by customer, merchant or device.");
    db::Transaction tx(connection);
    if (tx.exec("SELECT FROM screening.rule_set WHERE name = $1 LIMIT 1", wanted.ruleset).empty())
        throw Error(Exit::usage, fmt::format("unknown rule set '{}'", wanted.ruleset),
                    "harmonia screen rules list shows them.");
    const std::int64_t revision = take_revision(tx);
    const std::optional<std::string> from =
        wanted.starts_at.empty() ? std::nullopt : std::optional(wanted.starts_at);
    const std::int64_t id =
        tx.exec(R"(
        INSERT INTO screening.suppression
               (ruleset, rule_id, key, value, starts_at, expires_at, created_by, reason, revision)
        SELECT $1, $2, $3, $4, s, s + $6::bigint * interval '1 millisecond', $7, $8, $9
          FROM (SELECT coalesce($5::timestamptz, now()) AS s) t
        RETURNING id)",
                wanted.ruleset, wanted.rule_id, wanted.key, wanted.value, from, for_ms,
                wanted.created_by, card::redact(wanted.reason), revision)
            .only()
            .integer("id");
    tx.commit(Failpoint::screen_manage_commit);
    return id;
}

bool end_suppression(db::Connection& connection, std::int64_t id) {
    db::Transaction tx(connection);
    const std::int64_t revision = take_revision(tx);
    const auto ended = tx.exec(R"(
        UPDATE screening.suppression
           SET ended_revision = $2
         WHERE id = $1 AND ended_revision IS NULL)",
                               id, revision);
    if (ended.affected() == 0)
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
         WHERE $1 OR (ended_revision IS NULL AND expires_at > now())
         ORDER BY id)",
                              all);
    std::vector<StoredSuppression> out;
    for (const db::Row row : rows) {
        const auto text = [&](const char* column) { return std::string(row.text(column)); };
        out.push_back({row.integer("id"), text("ruleset"), text("rule_id"), text("key"),
                       text("value"), text("starts_at"), text("expires_at"), text("created_by"),
                       text("reason"), row.boolean("ended")});
    }
    return out;
}

} // namespace harmonia::screen
