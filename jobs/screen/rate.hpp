// The alert about a run that declined more than it should: a rule gone wrong, or an attack.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>

namespace harmonia::screen {

struct RateLimit {
    int percent = 0; ///< `screening.decline_alert`: more declined than that; 0: no alert
    std::int64_t rows =
        100; ///< `screening.decline_alert_rows`: of fewer payments a share says little
};

/// Raises fraud.rate for a run whose verdicts are all written, once whatever is repeated.
void tell_rate(db::Connection& connection, std::int64_t run, const RateLimit& limit,
               bool publish_alert = false);

} // namespace harmonia::screen
