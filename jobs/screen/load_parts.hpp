// A history that does not fit into memory: only the rows to be judged are held, and their features
// are worked out key by key, each key's rows in parts by a hash of the key. Rows of one key are
// always together: memory is what the greatest of them takes, if that is more than a part should.
#pragma once

#include "jobs/screen/judge.hpp"
#include "jobs/screen/load_sql.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace harmonia::screen {

/// Reads the history of one part, finished, as far as rule sets look at it that have the features
/// of its key only; the rows to be judged are marked in it.
using PartReader =
    std::function<std::unique_ptr<History>(const Part&, const std::vector<const Ruleset*>& of_key)>;

/// Works out the features of every rule set for the rows of `judged`, which is finished and holds
/// no others. Each table can be asked for once, with one of these rule sets. Values that rows of
/// `judged` do not have are added to its dictionaries.
[[nodiscard]] FeatureSource features_in_parts(History& judged,
                                              const std::vector<const Ruleset*>& rulesets,
                                              const Context& context, unsigned parts,
                                              const PartReader& read);

} // namespace harmonia::screen
