// The sinks `orders` (orders and their payments) and `labels` (what was learned about payments
// later).
//
// `orders` checks every field (check.hpp), replaces the card number by its hash, and writes in one
// transaction per block the guard row, the raw form without card data, the payment (HELD if the
// feed names a rule set), and the fact, card and order that rules read (docs/reference/orders.md).
#pragma once

#include "core/card/card_key.hpp"
#include "core/time/clock.hpp"
#include "importers/sink/sink.hpp"

#include <cstdint>

namespace harmonia::orders {

struct SinkOptions {
    card::CardSettings cards;
    std::uint64_t waiting_max = 500'000; ///< waiting() stops counting just above this
    const time::Clock* clock = &time::system_clock();
};

/// Opens the key files with the first card number: Error(config) may come that late.
[[nodiscard]] importers::SinkFactory orders_sink(SinkOptions options);

/// Problems: V-REQ, V-LABEL, V-TIME, and V-PAYMENT for a payment without a fact.
[[nodiscard]] importers::SinkFactory labels_sink();

} // namespace harmonia::orders
