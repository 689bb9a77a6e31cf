// Where a record, payment or match is, and why. Read in one snapshot. For what a purge has removed,
// the rest is shown: the match, and the reasons stored with each decision.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::explain {

/// Name and value, in display order; values may be empty.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// One stored decision about a payment.
struct Decision {
    std::string decided_at, outcome, rule_digest;
    std::string reason; ///< JSON, docs/reference/reasons.md
};

struct Part {
    std::string title; ///< `payment visa AUTH 4711`
    Facts facts;
    std::vector<Decision> decisions; ///< newest first
};

/// Each returns parts in reading order; empty when nothing of that id is known.
[[nodiscard]] std::vector<Part> matched(db::Transaction& tx, std::int64_t id);
[[nodiscard]] std::vector<Part> payment(db::Transaction& tx, std::int64_t id);
[[nodiscard]] std::vector<Part> scheme(db::Transaction& tx, std::int64_t id);
/// By the provider's or merchant's own id, over all providers and feed types: what was imported and
/// from where (file, line, byte), the rows it became, and what was decided.
[[nodiscard]] std::vector<Part> transaction(db::Transaction& tx, const std::string& transaction_id);

} // namespace harmonia::explain
