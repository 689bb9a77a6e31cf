// The alert about a run that declined more than expected: a faulty rule, or an attack.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>

namespace harmonia::screen {

struct RateLimit {
    int percent = 0;         ///< `screening.decline_alert`: alert above this share; 0: never
    std::int64_t rows = 100; ///< `screening.decline_alert_rows`: a share of fewer says little
};

/// Raises fraud.rate if the run, whose verdicts are all written, exceeds the limit. Safe to repeat:
/// it is raised once.
void raise_rate_alert(db::Connection& connection, std::int64_t run, const RateLimit& limit,
                      bool publish_alert = false);

} // namespace harmonia::screen
