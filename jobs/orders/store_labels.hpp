// Labels of payments on their way into screening.label.
#pragma once

#include "core/db/connection.hpp"
#include "importers/sink/sink.hpp"

#include <cstdint>
#include <string>

namespace harmonia::orders {

struct LabelRow {
    importers::Place place;
    std::string provider, transaction_id, label, source, note, raw;
    std::int64_t known_us = 0;
};
using LabelBlock = importers::RowsBlock<LabelRow>;

/// Writes the labels that are not stored already. A label of an unknown payment is a conflict.
[[nodiscard]] importers::BlockCounts write_labels(db::Transaction& tx, const LabelBlock& block,
                                                  std::int64_t batch_id);

} // namespace harmonia::orders
