#include "core/claim/ladder.hpp"

namespace harmonia::claim {

std::optional<Instant> next_attempt(const Ladder& ladder, int attempt, Instant now,
                                    const NextLocalTime& next_local_time) {
    int failed_before = attempt;
    for (const Rung& rung : ladder) {
        if (failed_before < rung.times)
            return rung.at.empty() ? now + rung.after : next_local_time(rung.at, rung.zone, now);
        failed_before -= rung.times;
    }
    return std::nullopt;
}

} // namespace harmonia::claim
