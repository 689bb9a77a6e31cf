// A history that does not fit into memory: only the judged rows are held, and their features are
// computed key by key, the rows of each key in parts by a hash of its value. Rows with equal values
// are always in one part: a part exceeds the memory if the rows of a single value do.
#pragma once

#include "jobs/screen/judge/judge.hpp"
#include "jobs/screen/load/sql.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace harmonia::screen {

/// Reads the history of one part, finished, with the judged rows marked. `of_key`: the rule sets
/// with only the features of the part's key.
using PartReader = std::function<std::unique_ptr<History>(
    const KeyPart&, const std::vector<const Ruleset*>& of_key)>;

/// Computes the features of every rule set for the rows of `judged`, which is finished and holds no
/// other rows. The source gives each rule set's table once. Values that no row of `judged` has are
/// added to its dictionaries.
[[nodiscard]] FeatureSource features_in_parts(History& judged,
                                              const std::vector<const Ruleset*>& rulesets,
                                              const Context& context, unsigned parts,
                                              const PartReader& read);

} // namespace harmonia::screen
