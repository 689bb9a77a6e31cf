// What `audit` proves, read in one snapshot of one database.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <vector>

namespace harmonia::audit {

/// Rows shown of a check that fails; the others are counted. Enough to see a pattern.
inline constexpr std::size_t k_rows_shown = 20;

/// One thing that must hold, and the rows that break it.
struct Finding {
    std::string area, name, rule;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; ///< at most k_rows_shown
    std::size_t total = 0;                      ///< 0: it holds
};

/// Areas that this program can prove.
[[nodiscard]] const std::vector<std::string>& areas();

/// Every check of the areas, those that hold too, in order.
[[nodiscard]] std::vector<Finding> check(db::Transaction& snapshot,
                                         const std::vector<std::string>& areas);

/// SHA-256 over the books by natural keys, in a canonical order: without surrogate ids, without
/// clock columns, and whatever the number of blocks, retries and resumes it took. Two installations
/// that took in the same and decided the same have the same digest.
struct Digest {
    std::string sha256;
    std::vector<std::pair<std::string, std::size_t>> rows; ///< by part
};
[[nodiscard]] Digest digest(const db::Settings& settings, const std::string& snapshot,
                            const std::vector<std::string>& areas);

} // namespace harmonia::audit
