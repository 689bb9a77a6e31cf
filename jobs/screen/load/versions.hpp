// Reads the stored versions of rule sets, whose life is draft → approved → live → retired. They are
// changed by manage/versions.hpp.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/rules/ruleset_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// One stored version. Its text never changes.
struct StoredRuleset {
    std::string name;
    int version = 0;
    std::string digest, yaml, status, submitted_by, submitted_at, approved_by, approved_at, note;
};
/// All versions of a rule set, or of all if `name` is empty: by name, newest first.
[[nodiscard]] std::vector<StoredRuleset> list_rulesets(db::Transaction& tx,
                                                       const std::string& name);
/// Empty for an unknown version (version 0: when none is live).
[[nodiscard]] std::optional<StoredRuleset> find_ruleset(db::Transaction& tx,
                                                        const RulesetName& wanted);
/// The same; Error(config), exit 78, when there is none.
[[nodiscard]] StoredRuleset require_ruleset(db::Transaction& tx, const RulesetName& wanted);

struct LoadedRuleset {
    StoredRuleset stored;
    Ruleset ruleset;
};
/// require_ruleset(), parsed.
[[nodiscard]] LoadedRuleset load_ruleset(db::Transaction& tx, const RulesetName& wanted);

/// Versions of a rule set that are in their shadow period.
[[nodiscard]] std::vector<int> shadow_versions(db::Transaction& tx, const std::string& name);

/// Rule sets that a run has work for: those with stale verdicts, or with pending payments or an
/// open run.
[[nodiscard]] std::vector<std::string> rulesets_with_stale_verdicts(db::Transaction& tx);
[[nodiscard]] std::vector<std::string> rulesets_with_pending_payments(db::Transaction& tx);

} // namespace harmonia::screen
