// Rule sets of tests: written in a few lines, stored, made the live version.
#pragma once

#include "tests/support/database.hpp"

#include <string>

namespace harmonia::test {

/// A rule set `cards` in EUR, review from 40 and decline from 80 on. `body`: `features:`, `rules:`
/// and so on; its first line is the sixth of the document.
[[nodiscard]] std::string cards_ruleset(const std::string& body);

/// Stores the next version as a draft; returns its number.
int submit_ruleset(const TempDatabase& database, const std::string& yaml);
/// The same, and makes it the live version.
int activate_ruleset(const TempDatabase& database, const std::string& yaml);

} // namespace harmonia::test
