#include "core/observe/job_run.hpp"
#include "jobs/screen/store.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_instant = "to_timestamp(0) + {} * interval '1 microsecond'";

} // namespace

const char* mode_name(RunMode mode) {
    switch (mode) {
    case RunMode::live:
        return "live";
    case RunMode::shadow:
        return "shadow";
    case RunMode::rescreen:
        return "rescreen";
    }
    return "";
}

std::optional<OpenRun> find_open_run(db::Transaction& tx, const std::string& ruleset,
                                     RunMode mode) {
    const auto rows = tx.exec(
        "SELECT id, version, list_revision, cut_seq, (extract(epoch FROM label_asof) * "
        "1000000)::bigint, event_until FROM screening.screen_run WHERE ruleset = $1 AND mode = $2 "
        "AND ended_at IS NULL ORDER BY id LIMIT 1",
        ruleset, mode_name(mode));
    if (rows.empty())
        return std::nullopt;
    return OpenRun{rows.integer(0, 0), static_cast<int>(rows.integer(0, 1)),
                   Pins{rows.integer(0, 0), rows.integer(0, 2), rows.integer(0, 3),
                        rows.integer(0, 4), rows.integer(0, 5)}};
}

void open_run(db::Connection& connection, RunFacts& facts) {
    db::Transaction tx(connection);
    facts.pins.run =
        tx.exec(fmt::format(
                    "INSERT INTO screening.screen_run (run_id, mode, ruleset, version, digest, "
                    "list_revision, cut_seq, label_asof, event_until, engine, host) VALUES "
                    "($1::uuid, $2, $3, $4, $5, $6, $7, {}, $8, $9, $10) RETURNING id",
                    fmt::format(k_instant, facts.pins.label_asof_us)),
                facts.run_id, mode_name(facts.mode), facts.ruleset, facts.version, facts.digest,
                static_cast<long long>(facts.pins.list_revision),
                static_cast<long long>(facts.pins.cut_seq),
                static_cast<long long>(facts.pins.event_until_us), facts.engine,
                observe::host_name())
            .integer(0, 0);
    tx.commit(Failpoint::screen_open_commit);
}

void take_over_run(db::Connection& connection, const RunFacts& facts) {
    db::Transaction tx(connection);
    tx.exec("UPDATE screening.screen_run SET run_id = $2::uuid, host = $3 WHERE id = $1",
            static_cast<long long>(facts.pins.run), facts.run_id, observe::host_name());
    tx.commit(Failpoint::screen_open_commit);
}

void close_run(db::Connection& connection, std::int64_t run, const std::string& outcome) {
    db::Transaction tx(connection);
    tx.exec("UPDATE screening.screen_run SET ended_at = now(), outcome = $2 WHERE id = $1 AND "
            "ended_at IS NULL",
            static_cast<long long>(run), outcome);
    tx.commit(Failpoint::screen_close_commit);
}

} // namespace harmonia::screen
