// Suppressions: hits of a rule on a value of a key have no effect for a period. The hit is still
// recorded, with what suppressed it.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

struct StoredSuppression {
    std::int64_t id = 0;
    std::string ruleset, rule_id; ///< rule_id `*`: every rule
    std::string key, value;
    std::string starts_at, expires_at; ///< timestamptz texts, compared with the event's time
    std::string created_by, reason;
    bool ended = false;
};

/// From `starts_at`, or from now if it is empty, for `for_ms`. Returns its id. Error(usage) for an
/// unknown rule set.
std::int64_t suppress(db::Connection& connection, StoredSuppression wanted, std::int64_t for_ms);
/// Ends it for later runs. False when it is unknown or has ended.
bool end_suppression(db::Connection& connection, std::int64_t id);
/// Those in force; with `all` also those that have ended.
[[nodiscard]] std::vector<StoredSuppression> list_suppressions(db::Connection& connection,
                                                               bool all);

} // namespace harmonia::screen
