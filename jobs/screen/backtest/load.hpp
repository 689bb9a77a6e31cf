// What back-tests and comparisons read in addition to histories.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/backtest/backtest.hpp"
#include "jobs/screen/rules/ruleset_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::screen {

/// A date or instant as the server reads it, in microseconds.
[[nodiscard]] std::int64_t load_instant_us(db::Transaction& tx, const std::string& text);

/// When the first payment of a rule set happened; 0 without any.
[[nodiscard]] std::int64_t first_event_us(db::Transaction& tx, const std::string& ruleset);

/// How the stored shadow verdicts of a version differ from the live ones of the same payments.
/// Empty when it has none.
[[nodiscard]] std::optional<Changes> load_changes(db::Transaction& tx,
                                                  const RulesetName& candidate);

} // namespace harmonia::screen
