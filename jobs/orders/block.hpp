// A block of checked orders on their way into the database. Texts are stored in one buffer that
// keeps its memory from block to block.
#pragma once

#include "core/base/hash.hpp"
#include "importers/sink/sink.hpp"
#include "jobs/orders/check.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace harmonia::orders {

/// A piece of the block's buffer.
struct TextSpan {
    static constexpr std::uint32_t k_null = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t at = k_null, size = 0;
};

struct OrderRow {
    importers::Place place;
    TextSpan raw;
    std::array<TextSpan, importers::k_order_fields.size()> text;
    bool derived_id = false; ///< text[external_id] is derived from the file and the place
    Sha256Digest payload{};
    std::int64_t event_us = 0, amount = 0;
    bool time_received = false, refund = false;
    std::optional<std::int64_t> order_total, lat, lon, merchant_lat, merchant_lon;
    std::uint32_t items = 0, item_count = 0;
    std::optional<std::uint32_t> card; ///< index in cards()
    bool has_previous_card = false;    ///< the next in cards() is its hash under the previous key
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
    [[nodiscard]] std::optional<std::string_view> text(TextSpan span) const {
        if (span.at == TextSpan::k_null)
            return std::nullopt;
        return std::string_view(text_).substr(span.at, span.size);
    }
    [[nodiscard]] std::optional<std::string_view> text(const OrderRow& row,
                                                       importers::OrderField field) const {
        return text(row.text[static_cast<std::size_t>(field)]);
    }
    [[nodiscard]] const std::vector<OrderRow>& all() const { return rows_; }
    [[nodiscard]] const std::vector<payments::CardRef>& cards() const { return cards_; }
    [[nodiscard]] const std::vector<OrderItem>& items() const { return items_; }
    /// Gives rows without an id one that is derived from the file's digest and their place, so that
    /// a repeated import finds the same.
    void derive_ids(std::string_view file_sha256);

private:
    static constexpr std::size_t k_card_bytes = 160; // of a CardRef with its texts
    TextSpan put(std::optional<std::string_view> text);

    std::string text_;
    std::vector<OrderRow> rows_;
    std::vector<payments::CardRef> cards_;
    std::vector<OrderItem> items_;
};

} // namespace harmonia::orders
