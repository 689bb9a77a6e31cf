// What `audit` checks, read in one snapshot of one database.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <vector>

namespace harmonia::audit {

/// Rows shown of a failed check; the others are only counted. Enough to see a pattern.
inline constexpr std::size_t k_rows_shown = 20;

/// One invariant, and the rows that break it.
struct Finding {
    std::string area, name, rule;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; ///< at most k_rows_shown
    std::size_t total = 0;                      ///< rows that break it; 0: it holds
};

/// Areas that can be audited.
[[nodiscard]] const std::vector<std::string>& areas();

/// All checks of the areas in order, including those that hold.
[[nodiscard]] std::vector<Finding> check(db::Transaction& snapshot,
                                         const std::vector<std::string>& areas);

/// SHA-256 over the books by natural keys, in a canonical order. Surrogate ids, clock columns and
/// the number of blocks, retries and resumes do not count: two installations that imported the same
/// records and made the same decisions have the same digest.
struct Digest {
    std::string sha256;
    std::vector<std::pair<std::string, std::size_t>> rows; ///< by part
};
[[nodiscard]] Digest digest(const db::Settings& settings, const std::string& snapshot,
                            const std::vector<std::string>& areas);

} // namespace harmonia::audit
