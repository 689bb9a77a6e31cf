// The life of rule sets: draft → approved → live → retired. A stored version's text never changes.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/load/versions.hpp"
#include "jobs/screen/rules/ruleset_file.hpp"

#include <string>

namespace harmonia::screen {

/// Stores the next version as a draft. Error(config) when it says the same as the newest one.
int submit_ruleset(db::Connection& connection, const RulesetFile& file, const std::string& by,
                   const std::string& note);
/// Error(config) unless the version is a draft and, with `second_person`, `by` did not submit it.
void approve_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                     bool second_person);
/// Makes an approved (or retired) version the live one and the previous one retired: one committed
/// change, which also raises the alert rules.activated. A run in progress keeps its version.
void activate_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                      const std::string& note, bool publish_alert = false);
/// Activates what was live before. Returns its version. Error(config) when nothing was.
int rollback_ruleset(db::Connection& connection, const std::string& name, const std::string& by,
                     const std::string& note, bool publish_alert = false);

/// Lets a version judge beside the live one, without effect, until then (a timestamptz text or
/// date); replaces an earlier period of the version.
void shadow_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& until,
                    const std::string& by);

} // namespace harmonia::screen
