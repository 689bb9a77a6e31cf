// The life of rule sets: draft → approved → live → retired. A stored version's text never changes.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/ruleset.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// Which version of a rule set: `cards` (the live one) or `cards@8`.
struct RulesetName {
    std::string name;
    int version = 0; ///< 0: the live one
};
/// Error(usage) for a text that is neither.
[[nodiscard]] RulesetName parse_ruleset_name(const std::string& text);

/// Reads a file and parses it. Error(no_input) when it cannot be read, Error(config) as
/// Ruleset::parse().
struct RulesetFile {
    std::string yaml;
    Ruleset ruleset;
};
[[nodiscard]] RulesetFile read_ruleset_file(const std::string& path);

/// One stored version.
struct StoredRuleset {
    std::string name;
    int version = 0;
    std::string digest, yaml, status, submitted_by, submitted_at, approved_by, approved_at, note;
};
/// Newest first within a name; without a name all.
[[nodiscard]] std::vector<StoredRuleset> list_rulesets(db::Transaction& tx,
                                                       const std::string& name);
/// The version asked for, or empty when there is none (for version 0: when none is live).
[[nodiscard]] std::optional<StoredRuleset> find_ruleset(db::Transaction& tx,
                                                        const RulesetName& wanted);
/// The same, parsed again. Error(config), exit 78, when there is none.
struct LoadedRuleset {
    StoredRuleset stored;
    Ruleset ruleset;
};
[[nodiscard]] LoadedRuleset load_ruleset(db::Transaction& tx, const RulesetName& wanted);

/// Stores the next version as a draft. Error(config) when it says the same as the newest one.
int submit_ruleset(db::Connection& connection, const RulesetFile& file, const std::string& by,
                   const std::string& note);
/// Error(config) for a version that is no draft, or, with `second_person`, for its submitter.
void approve_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                     bool second_person);
/// Makes an approved (or retired) version the live one and the former one retired: one committed
/// change, which also raises the alert rules.activated. A run in progress keeps its version.
void activate_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                      const std::string& note, bool publish_alert = false);
/// Activates what was live before. Returns its version. Error(config) when there is none.
int rollback_ruleset(db::Connection& connection, const std::string& name, const std::string& by,
                     const std::string& note, bool publish_alert = false);

/// Judges a version beside the live one until then (a timestamptz text or date); an earlier period
/// of the version is replaced.
void shadow_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& until,
                    const std::string& by);
/// Versions of a rule set that are in their shadow period.
[[nodiscard]] std::vector<int> shadow_versions(db::Transaction& tx, const std::string& name);

} // namespace harmonia::screen
