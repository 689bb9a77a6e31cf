#include "jobs/orders/block.hpp"

#include "core/base/check.hpp"

namespace harmonia::orders {

using importers::OrderField;

void OrderBlock::clear() {
    text_.clear();
    rows_.clear();
    cards_.clear();
    items_.clear();
}

TextSpan OrderBlock::put(std::optional<std::string_view> text) {
    if (!text)
        return {};
    HARMONIA_CHECK(text_.size() + text->size() < TextSpan::k_null);
    const TextSpan span{static_cast<std::uint32_t>(text_.size()),
                        static_cast<std::uint32_t>(text->size())};
    text_.append(*text);
    return span;
}

void OrderBlock::add(const importers::Place& place, std::string_view raw, const Order& order) {
    OrderRow& row = rows_.emplace_back();
    row.place = place;
    row.raw = put(raw);
    for (std::size_t i = 0; i < order.text.size(); ++i)
        if (static_cast<OrderField>(i) != OrderField::order_items)
            row.text[i] = put(order.text[i]);
    row.derived_id = !order.text[static_cast<std::size_t>(OrderField::external_id)];
    static thread_local Sha256 digest;
    digest.update(raw);
    row.payload = digest.finish();
    row.event_us = order.event_us;
    row.amount = order.amount;
    row.time_received = order.time_received;
    row.refund = order.refund;
    row.order_total = order.order_total;
    row.lat = order.lat;
    row.lon = order.lon;
    row.merchant_lat = order.merchant_lat;
    row.merchant_lon = order.merchant_lon;
    row.warnings = order.warnings;
    row.items = static_cast<std::uint32_t>(items_.size());
    row.item_count = static_cast<std::uint32_t>(order.items.size());
    items_.insert(items_.end(), order.items.begin(), order.items.end());
    if (!order.card)
        return;
    row.card = static_cast<std::uint32_t>(cards_.size());
    cards_.push_back(*order.card);
    row.has_previous_card = order.previous_card.has_value();
    if (order.previous_card)
        cards_.push_back(*order.previous_card);
}

void OrderBlock::derive_ids(std::string_view file_sha256) {
    for (OrderRow& row : rows_) {
        TextSpan& id = row.text[static_cast<std::size_t>(OrderField::external_id)];
        if (!row.derived_id || id.at != TextSpan::k_null)
            continue;
        std::string source(file_sha256);
        source.append(":").append(std::to_string(row.place.record_number));
        id = put(sha256_hex(source));
    }
}

} // namespace harmonia::orders
