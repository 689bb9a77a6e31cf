// How people name rule sets: a file, a name, or a name with a version.
#pragma once

#include "jobs/screen/rules/ruleset.hpp"

#include <string>

namespace harmonia::screen {

/// A version of a rule set: `cards` (the live one) or `cards@8`.
struct RulesetName {
    std::string name;
    int version = 0; ///< 0: the live one
};
/// Error(usage) for any other text.
[[nodiscard]] RulesetName parse_ruleset_name(const std::string& text);
[[nodiscard]] std::string print_ruleset_name(const RulesetName& name);

/// A rule set with its text.
struct RulesetFile {
    std::string yaml;
    Ruleset ruleset;
};
/// Error(no_input) when the file cannot be read, Error(config) as Ruleset::parse().
[[nodiscard]] RulesetFile read_ruleset_file(const std::string& path);

} // namespace harmonia::screen
