// What an import of orders writes, in the transaction of its block.
#pragma once

#include "core/db/connection.hpp"
#include "importers/sink/sink.hpp"
#include "jobs/orders/block.hpp"
#include "jobs/orders/load_merchants.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::orders {

/// What the rows of a feed have in common.
struct OrderSource {
    std::string provider, feed_type;
    std::string
        ruleset; ///< that must approve the payments; empty: no facts, match takes them at once
};

/// Writes the rows that are neither stored already nor repeated in the block: guard, raw form,
/// payment, fact, card and order. A known id with another payload is a conflict.
[[nodiscard]] importers::BlockCounts write_orders(db::Transaction& tx, OrderBlock& block,
                                                  const OrderSource& source,
                                                  const KnownMerchants& merchants,
                                                  std::int64_t batch_id);

/// Inserts or updates the orders that the rows belong to, in screening.customer_order. Returns
/// their ids by row; empty for a row without an order and for `dropped` rows.
[[nodiscard]] std::vector<std::optional<std::int64_t>>
store_customer_orders(db::Transaction& tx, const OrderBlock& block, const OrderSource& source,
                      const std::vector<bool>& dropped);

} // namespace harmonia::orders
