// The row of a run in screening.screen_run: opened, taken over, closed.
#include "core/observe/job_run.hpp"
#include "jobs/screen/store/store.hpp"

namespace harmonia::screen {

void open_run(db::Connection& connection, RunFacts& facts) {
    db::Transaction tx(connection);
    facts.pins.run =
        tx.exec(R"(
        INSERT INTO screening.screen_run
               (run_id, mode, ruleset, version, digest, list_revision, cut_seq, label_asof,
                event_until, engine, host)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING id)",
                facts.run_id, mode_name(facts.mode), facts.ruleset, facts.version, facts.digest,
                facts.pins.list_revision, facts.pins.cut_seq, db::Instant{facts.pins.label_asof_us},
                facts.pins.event_until_us, facts.engine, observe::host_name())
            .only()
            .integer("id");
    tx.commit(Failpoint::screen_open_commit);
}

void take_over_run(db::Connection& connection, const RunFacts& facts) {
    db::Transaction tx(connection);
    tx.exec("UPDATE screening.screen_run SET run_id = $2::uuid, host = $3 WHERE id = $1",
            facts.pins.run, facts.run_id, observe::host_name());
    tx.commit(Failpoint::screen_open_commit);
}

void close_run(db::Connection& connection, std::int64_t run, const std::string& outcome) {
    db::Transaction tx(connection);
    tx.exec(R"(
        UPDATE screening.screen_run
           SET ended_at = now(), outcome = $2
         WHERE id = $1 AND ended_at IS NULL)",
            run, outcome);
    tx.commit(Failpoint::screen_close_commit);
}

} // namespace harmonia::screen
