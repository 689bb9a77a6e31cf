// Command `day`: a consistent day of all networks and one merchant, with its truth.
#pragma once

#include "tests/gen/feed_file.hpp"

#include <string>
#include <vector>

namespace harmonia::gen {

/// Writes into `directory` (created when missing): mids.csv, one file a feed (<feed>.jsonl, .tgx2,
/// .csv), truth/<feed>.tsv, and truth/pairs.tsv: the matches there must be, when all files were
/// imported before the first match. Returns the counts by feed, in the files' order.
std::vector<std::pair<std::string, Counts>> generate_day(const World& world,
                                                         const std::string& directory);

} // namespace harmonia::gen
