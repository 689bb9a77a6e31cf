// Suppressions: hits of one rule on one key's value that shall have no consequence for a while. The
// hit is still recorded, with who suppressed it.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

struct StoredSuppression {
    std::int64_t id = 0;
    std::string ruleset, rule_id; ///< `*`: every rule
    std::string key, value;
    std::string starts_at, expires_at; ///< timestamptz texts; an event's time is compared with them
    std::string created_by, reason;
    bool ended = false;
};

/// From now, or from `starts_at` where it is given, for `for_ms`. Returns its number. Error(usage)
/// for an unknown rule set.
std::int64_t suppress(db::Connection& connection, StoredSuppression wanted, long long for_ms);
/// Ends it for runs from now on. False when there is none that stands.
bool end_suppression(db::Connection& connection, std::int64_t id);
/// Those that stand; with `all` also what has ended.
[[nodiscard]] std::vector<StoredSuppression> list_suppressions(db::Connection& connection,
                                                               bool all);

} // namespace harmonia::screen
