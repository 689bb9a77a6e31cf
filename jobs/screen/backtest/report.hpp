// Reports of back-tests: text, JSON, and one self-contained HTML page with its charts as inline SVG
// (no script, nothing fetched).
#pragma once

#include "jobs/screen/backtest/backtest.hpp"

#include <string>

namespace harmonia::screen {

[[nodiscard]] std::string print_backtest(const BacktestReport& report);
[[nodiscard]] std::string backtest_json(const BacktestReport& report); ///< one object
[[nodiscard]] std::string backtest_html(const BacktestReport& report);

/// Outcomes before against after, and hits by rule; also for `rules diff`.
[[nodiscard]] std::string print_changes(const Changes& changes);
[[nodiscard]] std::string changes_json(const Changes& changes);

/// Four decimals, or `-`.
[[nodiscard]] std::string ratio_text(const std::optional<Rational>& ratio);

} // namespace harmonia::screen
