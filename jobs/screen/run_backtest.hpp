// Back-tests and comparisons over what is stored: loads, judges, hands to the arithmetic of
// backtest.hpp. Writes nothing.
#pragma once

#include "jobs/screen/backtest.hpp"
#include "jobs/screen/rules.hpp"
#include "jobs/screen/run.hpp"

#include <optional>
#include <string>

namespace harmonia::screen {

struct BacktestWanted {
    std::string candidate;                    ///< a file, or `cards@8`
    std::string of;                           ///< whose payments; empty: of the candidate's name
    std::string baseline;                     ///< `live`, `cards@7`, or empty: none
    std::string from, until;                  ///< dates or instants; empty: all there is
    std::int64_t warmup_us = 0;               ///< payments with less history only feed windows
    std::optional<std::int64_t> label_lag_us; ///< labels of source `dataset` count as known so late
    BacktestOptions options;
    unsigned threads = 0;
};
/// Error(no_input) when no payment is in the period, Error(config) for a rule set that is none.
[[nodiscard]] BacktestReport backtest(const Settings& settings, const BacktestWanted& wanted);

/// What the stored shadow verdicts of a version say otherwise than the live ones of the same
/// payments. Error(no_input) when it has none.
[[nodiscard]] Changes compare_shadow(const Settings& settings, const RulesetName& candidate);

} // namespace harmonia::screen
