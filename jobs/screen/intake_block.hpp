// A block of checked orders on their way into the database. Texts lie in one buffer that keeps its
// memory from block to block.
#pragma once

#include "core/base/hash.hpp"
#include "importers/sink.hpp"
#include "jobs/screen/intake_check.hpp"
#include "jobs/screen/intake_merchants.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace harmonia::screen {

/// A piece of the block's buffer.
struct OrderSlice {
    static constexpr std::uint32_t k_null = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t at = k_null, size = 0;
};

struct OrderRow {
    importers::Place place;
    OrderSlice raw;
    std::array<OrderSlice, importers::k_order_fields.size()> text;
    bool derived_id = false; ///< text[external_id] is made of the batch's file and the place
    Sha256Digest payload{};
    std::int64_t event_us = 0, amount = 0;
    bool time_received = false, refund = false;
    std::optional<std::int64_t> order_total, lat, lon, merchant_lat, merchant_lon;
    std::uint32_t items = 0, item_count = 0;
    std::optional<std::uint32_t> card; ///< in cards(); the one behind it is the same card's
    bool has_previous_card = false;    ///< hash under the previous key
    std::uint8_t warnings = 0;
};

class OrderBlock final : public importers::Block {
public:
    [[nodiscard]] std::size_t rows() const override { return rows_.size(); }
    [[nodiscard]] std::size_t bytes() const override {
        return text_.size() + rows_.size() * sizeof(OrderRow) + cards_.size() * k_card_bytes;
    }
    void clear() override;

    void add(const importers::Place& place, std::string_view raw, const Order& order);
    [[nodiscard]] std::optional<std::string_view> text(OrderSlice slice) const {
        if (slice.at == OrderSlice::k_null)
            return std::nullopt;
        return std::string_view(text_).substr(slice.at, slice.size);
    }
    [[nodiscard]] std::optional<std::string_view> text(const OrderRow& row,
                                                       importers::OrderField field) const {
        return text(row.text[static_cast<std::size_t>(field)]);
    }
    [[nodiscard]] const std::vector<OrderRow>& all() const { return rows_; }
    [[nodiscard]] const std::vector<importers::CardRef>& cards() const { return cards_; }
    [[nodiscard]] const std::vector<OrderItem>& items() const { return items_; }
    /// Gives rows without an id one, of the file's digest and their place; the same whenever asked.
    void derive_ids(std::string_view file_sha256);

private:
    static constexpr std::size_t k_card_bytes = 160; // a CardRef and its texts
    OrderSlice put(std::optional<std::string_view> text);

    std::string text_;
    std::vector<OrderRow> rows_;
    std::vector<importers::CardRef> cards_;
    std::vector<OrderItem> items_;
};

/// What of a feed its rows carry.
struct OrderFacts {
    std::string provider, feed_type, ruleset; ///< no rule set: no facts, and match may have them
};

/// Writes the rows that are neither in the database nor twice in the block: guard, raw form,
/// payment, fact, card and order. An id that came before with another payload is a conflict.
[[nodiscard]] importers::BlockCounts write_orders(db::Transaction& tx, OrderBlock& block,
                                                  const OrderFacts& feed,
                                                  const KnownMerchants& merchants,
                                                  std::int64_t batch_id);

/// Orders of the rows in screening.customer_order, inserted or brought up to date: their ids by
/// row, null where a row names none.
[[nodiscard]] std::vector<std::optional<std::int64_t>>
store_customer_orders(db::Transaction& tx, const OrderBlock& block, const OrderFacts& feed,
                      const std::vector<bool>& dropped);

} // namespace harmonia::screen
