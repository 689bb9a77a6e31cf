#include "jobs/screen/load/runs.hpp"

#include "jobs/screen/judge/judge.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_columns = "id AS run, ruleset, version, digest, list_revision, cut_seq, "
                                  "label_asof, event_until";

StoredRun run_of(const db::Row& row) {
    StoredRun out;
    out.pins = pins_of(row);
    out.id = out.pins.run;
    out.ruleset = row.text("ruleset");
    out.version = static_cast<int>(row.integer("version"));
    out.digest = row.text("digest");
    return out;
}

} // namespace

Pins pins_of_now(db::Transaction& tx, std::int64_t settle_us) {
    const db::Row row = tx.exec(R"(
        SELECT (SELECT coalesce(max(id), 0) + 1 FROM screening.screen_run) AS run,
               (SELECT revision FROM screening.list_revision) AS list_revision,
               (SELECT coalesce(max(close_seq), 0) FROM ops.import_batch) AS cut_seq)")
                            .only();
    Pins pins;
    pins.run = row.integer("run");
    pins.list_revision = row.integer("list_revision");
    pins.cut_seq = row.integer("cut_seq");
    pins.label_asof_us = db::server_time(tx).us;
    pins.event_until_us = settle_us > 0 ? pins.label_asof_us - settle_us : k_ever_us;
    return pins;
}

Pins pins_of(const db::Row& row) {
    return {row.integer("run"), row.integer("list_revision"), row.integer("cut_seq"),
            row.instant("label_asof").us, row.integer("event_until")};
}

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

StoredRun load_run(db::Transaction& tx, std::int64_t id) {
    const auto row =
        tx.exec(fmt::format("SELECT {} FROM screening.screen_run WHERE id = $1", k_columns), id)
            .optional_row();
    if (!row)
        throw Error(Exit::no_input, fmt::format("unknown screen run {}", id),
                    "harmonia status shows the last runs.");
    return run_of(*row);
}

std::optional<StoredRun> find_open_run(db::Transaction& tx, const std::string& ruleset,
                                       RunMode mode) {
    const auto row = tx.exec(fmt::format(R"(
        SELECT {}
          FROM screening.screen_run
         WHERE ruleset = $1 AND mode = $2 AND ended_at IS NULL
         ORDER BY id
         LIMIT 1)",
                                         k_columns),
                             ruleset, mode_name(mode))
                         .optional_row();
    return row ? std::optional(run_of(*row)) : std::nullopt;
}

} // namespace harmonia::screen
