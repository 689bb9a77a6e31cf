// Verdicts of earlier cuts become stale when payments come in that they would have seen.
#include "jobs/screen/load/sql.hpp"
#include "jobs/screen/store/store.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

/// Fills the temporary table `late` with the targets that happened before what was judged already.
std::int64_t copy_late(db::Transaction& tx, const std::vector<Target>& targets,
                       std::int64_t judged_until_us) {
    tx.script(R"(
        CREATE TEMP TABLE late (payment_id bigint, event_us bigint, close_seq bigint)
            ON COMMIT DROP)");
    std::int64_t late = 0;
    db::CopyIn copy(tx, "late", {"payment_id", "event_us", "close_seq"});
    for (const Target& target : targets)
        if (target.event_us <= judged_until_us) {
            copy.field(target.payment_id).field(target.event_us).field(target.close_seq);
            copy.end_row();
            ++late;
        }
    copy.finish();
    return late;
}

std::int64_t mark_reached(db::Transaction& tx, const Ruleset& ruleset) {
    std::string reached;
    for (const KeyReach& key : keys_of({&ruleset}))
        reached += (reached.empty() ? "" : " UNION ALL ") + reached_forward(key, ruleset.name);
    if (reached.empty())
        return 0;
    const auto marked = tx.exec(fmt::format(R"(
        UPDATE screening.standing s
           SET stale = true
          FROM (SELECT payment_id, max(close_seq) AS close_seq
                  FROM ({}) r
                 GROUP BY payment_id) e,
               screening.verdict v,
               screening.screen_run n
         WHERE s.payment_id = e.payment_id
           AND v.id = s.current_verdict
           AND n.id = v.run
           AND n.cut_seq < e.close_seq
           AND NOT s.stale)",
                                            reached));
    return static_cast<std::int64_t>(marked.affected());
}

} // namespace

std::int64_t mark_stale(db::Connection& connection, std::int64_t run,
                        const std::vector<Target>& targets,
                        const std::vector<const Ruleset*>& live) {
    db::Transaction tx(connection);
    const std::int64_t judged_until_us = tx.exec(R"(
        SELECT coalesce(max(last_event_us), 0) AS judged_until
          FROM screening.screen_run
         WHERE id <> $1)",
                                                 run)
                                             .only()
                                             .integer("judged_until");
    if (copy_late(tx, targets, judged_until_us) == 0)
        return 0;
    tx.script("ANALYZE late");
    std::int64_t marked = 0;
    for (const Ruleset* ruleset : live)
        marked += mark_reached(tx, *ruleset);
    tx.exec("UPDATE screening.screen_run SET stale_marked = stale_marked + $2 WHERE id = $1", run,
            marked);
    tx.commit(Failpoint::screen_stale_commit);
    return marked;
}

} // namespace harmonia::screen
