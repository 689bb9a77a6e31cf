// The sink `alerts`: where feeds of alerts end. A body in either form (envelope.hpp) becomes a row
// of screening.alert under its id, once; `alert` then decides about it as about those raised here.
// Nothing is published again: two installations that read each other's alerts do not go round.
#pragma once

#include "core/card/card_key.hpp"
#include "core/time/clock.hpp"
#include "importers/sink.hpp"

#include <cstdint>

namespace harmonia::alert {

struct IntakeOptions {
    card::CardSettings cards;            ///< opened with the first card number: Error(config) then
    std::uint64_t waiting_max = 500'000; ///< waiting() stops counting just above this
    const time::Clock* clock = &time::system_clock();
};

/// Problems: those of the envelope. Duplicates: alerts whose id is known.
[[nodiscard]] importers::SinkFactory intake_factory(IntakeOptions options);

} // namespace harmonia::alert
