// Admission: settlements meet their authorisations before anything is decided
// (docs/reference/matching.md, "Authorisation and settlement").
//
// Only settlement keys that stand in more than one live row need work; it is done here with set
// statements. All other new rows are admitted together with their decision, so that each row is
// updated once a run. A row that takes part has admitted_at; null means that this run must look at
// it. Held rows are not seen.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::match {

struct Admitted {
    std::int64_t merged = 0;   ///< rows that merged away
    std::int64_t promoted = 0; ///< survivors that a settlement changed
};

/// Settlement keys of the merchant's new rows that also stand in another live row, as this
/// transaction sees it: what admit() would work on. At most `limit`.
[[nodiscard]] std::vector<std::string> shared_keys(db::Transaction& tx, const std::string& merchant,
                                                   std::int64_t limit);

/// Merges and promotes. Under the merchant's lock, in one transaction (match_admit_commit).
Admitted admit(db::Connection& connection, const std::string& merchant);

/// Rows whose missing card holder is now known become new again. Returns how many.
std::int64_t release_known_users(db::Connection& connection, const std::string& merchant);

} // namespace harmonia::match
