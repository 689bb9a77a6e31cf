// Rows of screening.screen_run, and the pins in them that make a run's verdicts repeatable.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::screen {

/// What a run saw: together with the rule set it decides every verdict.
struct Pins {
    std::int64_t run = 0; ///< `verdicts:` sees the verdicts of runs with a smaller id
    std::int64_t list_revision = 0;
    std::int64_t cut_seq = 0; ///< batches closed up to it are visible
    std::int64_t label_asof_us = 0;
    std::int64_t event_until_us = 0; ///< later events are left to a later run
};
/// Of now: the greatest committed close_seq, the newest list revision, the transaction's time.
/// Events younger than `settle_us` are left to a later run. `run` is one more than any so far.
[[nodiscard]] Pins pins_of_now(db::Transaction& tx, std::int64_t settle_us);
/// Of a row with the columns run, list_revision, cut_seq, label_asof and event_until.
[[nodiscard]] Pins pins_of(const db::Row& row);

enum class RunMode { live, shadow, rescreen };
[[nodiscard]] const char* mode_name(RunMode mode);

struct StoredRun {
    std::int64_t id = 0;
    std::string ruleset;
    int version = 0;
    std::string digest; ///< of the rule set
    Pins pins;
};
/// Error(no_input) for an unknown run.
[[nodiscard]] StoredRun load_run(db::Transaction& tx, std::int64_t id);
/// The oldest unfinished run of a rule set and mode: the next run continues with its pins. To be
/// called under the rule set's lock.
[[nodiscard]] std::optional<StoredRun> find_open_run(db::Transaction& tx,
                                                     const std::string& ruleset, RunMode mode);

} // namespace harmonia::screen
