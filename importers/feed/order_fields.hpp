// What records of the sinks `orders` and `labels` consist of, and what a feed of orders declares
// beside its map (docs/reference/orders.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace harmonia::importers {

inline constexpr const char* k_orders = "orders"; ///< the sink of orders and their payments
inline constexpr const char* k_labels = "labels"; ///< the sink of what was learnt later

enum class OrderField : std::uint8_t {
#define ORDER_FIELD(name) name,
#include "importers/feed/order_fields.def"
#undef ORDER_FIELD
};
inline constexpr std::array k_order_fields = {
#define ORDER_FIELD(name) #name,
#include "importers/feed/order_fields.def"
#undef ORDER_FIELD
};
using OrderTexts = std::array<std::optional<std::string_view>, k_order_fields.size()>;

enum class LabelField : std::uint8_t {
#define LABEL_FIELD(name) name,
#include "importers/feed/label_fields.def"
#undef LABEL_FIELD
};
inline constexpr std::array k_label_fields = {
#define LABEL_FIELD(name) #name,
#include "importers/feed/label_fields.def"
#undef LABEL_FIELD
};

enum class Strictness : std::uint8_t { strict, warn, off };

struct OrderOptions {
    std::int64_t time_unit_us = 0; ///< of times that are plain numbers; 0: refused
    bool time_received = false;    ///< event_time: received: a record without a time happened now
    bool body_hash = false;        ///< id: body-hash: a message without an id is known by its body
    Strictness card_check = Strictness::strict, order_match = Strictness::strict;
    std::int64_t future_skew_us = 300'000'000;
    bool json = false; ///< numbers may have exponents
};

} // namespace harmonia::importers
