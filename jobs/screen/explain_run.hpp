// Why a payment was judged as it was: judged again for itself, as it was decided or as it would be
// now, with everything told.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/screen/judge.hpp"
#include "jobs/screen/load.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::screen {

struct ExplainedPayment {
    std::int64_t payment_id = 0, verdict_id = 0, run = 0, cut_seq = 0;
    std::string source, feed_type, external_id, event_time, card, amount, currency, state;
    std::string ruleset_name, digest, verdict_digest; ///< of the stored verdict, hexadecimal
    int version = 0, rev = 0;
    bool as_decided = true;
    bool reproduced = true; ///< as decided: the digest is the stored one's
    Explanation explanation;
    Ruleset ruleset; ///< by which it was judged
};

/// `now`: by the live version, everything known at this moment; otherwise with the pins of the
/// stored verdict's run. Error(no_input) for a payment that is not there or has no verdict (use
/// `now`).
[[nodiscard]] ExplainedPayment explain_payment(const db::Settings& settings,
                                               std::int64_t payment_id, bool now);

} // namespace harmonia::screen
