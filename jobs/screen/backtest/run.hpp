// Back-tests and comparisons over stored payments: loads, judges, and leaves the counting to
// backtest.hpp. Writes nothing.
#pragma once

#include "jobs/screen/backtest/backtest.hpp"
#include "jobs/screen/load/versions.hpp"
#include "jobs/screen/store/settings.hpp"

#include <optional>
#include <string>

namespace harmonia::screen {

struct BacktestWanted {
    std::string candidate;                    ///< a file, or `cards@8`
    std::string of;                           ///< rule set of the payments; empty: the candidate's
    std::string baseline;                     ///< `live`, `cards@7`, or empty: none
    std::string from, until;                  ///< dates or instants; empty: unlimited
    std::int64_t warmup_us = 0;               ///< payments with less history only feed windows
    std::optional<std::int64_t> label_lag_us; ///< when labels of source `dataset` become known
    BacktestOptions options;
    unsigned threads = 0;
};
/// Error(no_input) when no payment is in the period, Error(config) for a rule set that is unknown
/// or malformed.
[[nodiscard]] BacktestReport backtest(const Settings& settings, const BacktestWanted& wanted);

/// How the stored shadow verdicts of a version differ from the live ones of the same payments.
/// Error(no_input) when it has none.
[[nodiscard]] Changes compare_shadow(const Settings& settings, const RulesetName& candidate);

} // namespace harmonia::screen
