// The sinks `orders` and `labels`: where feeds of orders, and of what was learnt of payments later,
// end.
//
// `orders` checks every field (intake_check.hpp), consumes the card number, and writes, in one
// transaction a block, the guard row, the raw form without card data, the payment (HELD where the
// feed names a rule set), and the fact, card and order that rules read (docs/reference/orders.md).
#pragma once

#include "core/card/card_key.hpp"
#include "core/time/clock.hpp"
#include "importers/sink.hpp"

#include <cstdint>

namespace harmonia::screen {

struct IntakeOptions {
    card::CardSettings cards;
    std::uint64_t waiting_max = 500'000; ///< waiting() stops counting just above this
    const time::Clock* clock = &time::system_clock();
};

/// The key files are opened with the first card number: Error(config) then.
[[nodiscard]] importers::SinkFactory orders_factory(IntakeOptions options);

/// Rows of screening.label; Problems: V-REQ, V-LABEL, V-TIME, and V-PAYMENT for a payment that no
/// fact knows.
[[nodiscard]] importers::SinkFactory labels_factory();

} // namespace harmonia::screen
