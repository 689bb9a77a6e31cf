// The sink `alerts` of feeds of alerts. A body in either form (bodies/envelope.hpp) becomes one row
// of screening.alert under its id; `alert` then decides about it as about alerts raised here.
// Nothing is published again: two installations that read each other's alerts do not form a loop.
#pragma once

#include "core/card/card_key.hpp"
#include "core/time/clock.hpp"
#include "importers/sink/sink.hpp"

#include <cstdint>

namespace harmonia::alert {

struct SinkOptions {
    card::CardSettings cards; ///< opened at the first card number: may throw Error(config) then
    std::uint64_t waiting_max = 500'000; ///< waiting() stops counting just above this
    const time::Clock* clock = &time::system_clock();
};

/// Problems: those of the envelope. Duplicates: alerts whose id is known.
[[nodiscard]] importers::SinkFactory alerts_sink(SinkOptions options);

} // namespace harmonia::alert
