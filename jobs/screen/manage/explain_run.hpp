// Why a payment has its verdict: it is judged again by itself, as it was decided or as of now, and
// every feature and rule is explained.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/judge/judge.hpp"
#include "jobs/screen/load/load.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::screen {

struct ExplainedPayment {
    std::int64_t payment_id = 0, verdict_id = 0, run = 0, cut_seq = 0;
    std::string source, feed_type, external_id, event_time, card, amount, currency, state;
    std::string ruleset_name, digest; ///< of the rule set
    std::string verdict_digest;       ///< of the stored verdict, in hex
    int version = 0, rev = 0;
    bool as_decided = true;
    bool reproduced = true; ///< as decided: the digest equals the stored one
    Explanation explanation;
    Ruleset ruleset; ///< that judged it
};

/// `now`: by the live version with everything known now; otherwise with the pins of the stored
/// verdict's run. Error(no_input) for an unknown payment, or one without a verdict (use `now`).
[[nodiscard]] ExplainedPayment explain_payment(const db::Settings& settings,
                                               std::int64_t payment_id, bool now);

} // namespace harmonia::screen
