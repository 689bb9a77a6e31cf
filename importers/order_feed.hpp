// Feeds of the sinks `orders` and `labels`: what they declare beside a format and a map
// (docs/reference/orders.md).
#pragma once

#include "importers/field_map.hpp"

#include <array>
#include <memory>

namespace harmonia::importers {

inline constexpr const char* k_orders = "orders"; ///< the sink of orders and their payments
inline constexpr const char* k_labels = "labels"; ///< the sink of what was learnt later

/// The canonical fields of an order's payment.
enum class OrderField : std::uint8_t {
    external_id,
    event_time,
    kind,
    amount,
    currency,
    method,
    method_type,
    pan,
    card_token,
    order_id,
    order_name,
    order_cost,
    order_currency,
    order_items,
    customer,
    merchant,
    terminal,
    mcc,
    card_country,
    ip,
    ip_country,
    merchant_country,
    ship_country,
    lat,
    lon,
    merchant_lat,
    merchant_lon,
    device,
    email_hash,
    channel,
};
inline constexpr std::array k_order_fields = {"external_id",
                                              "event_time",
                                              "kind",
                                              "amount",
                                              "currency",
                                              "method",
                                              "method_type",
                                              "pan",
                                              "card_token",
                                              "order_id",
                                              "order_name",
                                              "order_cost",
                                              "order_currency",
                                              "order_items",
                                              "customer",
                                              "merchant",
                                              "terminal",
                                              "mcc",
                                              "card_country",
                                              "ip",
                                              "ip_country",
                                              "merchant_country",
                                              "ship_country",
                                              "lat",
                                              "lon",
                                              "merchant_lat",
                                              "merchant_lon",
                                              "device",
                                              "email_hash",
                                              "channel"};
using OrderTexts = std::array<std::optional<std::string_view>, k_order_fields.size()>;

enum class LabelField : std::uint8_t { provider, transaction_id, label, source, known_at, note };
inline constexpr std::array k_label_fields = {"provider", "transaction_id", "label",
                                              "source",   "known_at",       "note"};

enum class Strictness : std::uint8_t { strict, warn, off };

struct OrderOptions {
    std::int64_t time_unit_us = 0; ///< of times that are plain numbers; 0: none are taken
    bool time_received = false;    ///< event_time: received: a record without a time happened now
    bool body_hash = false;        ///< id: body-hash: a message without an id is known by its body
    Strictness card_check = Strictness::strict, order_match = Strictness::strict;
    std::int64_t future_skew_us = 300'000'000;
    bool json = false; ///< numbers may have exponents
};

/// A compiled declaration; type is AUTH or SETTLED (refunds become REFUND by their kind).
class TextFeed : public Feed {
public:
    TextFeed(const Declaration& declaration, std::span<const char* const> names,
             const char* card_field);
    OrderOptions options; ///< of sink `orders`
    [[nodiscard]] const FieldMap& texts() const { return map_; }

    [[nodiscard]] Expected<Verdict> map(std::span<const expr::Value>, const Context&, MappedRecord&,
                                        expr::Arena&) const override;
    [[nodiscard]] bool zone_by_merchant() const override { return false; }
    [[nodiscard]] Identifiers identify(std::span<const expr::Value>, expr::Arena&) const override {
        return {};
    }

private:
    FieldMap map_;
};

[[nodiscard]] std::shared_ptr<TextFeed> make_order_feed(const Declaration& declaration);
[[nodiscard]] std::shared_ptr<TextFeed> make_label_feed(const Declaration& declaration);

} // namespace harmonia::importers
