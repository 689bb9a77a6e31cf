// Checks the payment of an order: reads every field, finds every fault (docs/reference/orders.md
// lists the codes). Pure: texts and a time in, values or faults out.
#pragma once

#include "core/base/expected.hpp"
#include "core/card/card_key.hpp"
#include "core/expr/expr.hpp"
#include "core/payments/card_ref.hpp"
#include "importers/feed/order_fields.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::orders {

/// What is odd about a record that is imported all the same; bits of Order::warnings.
enum class Warning : std::uint8_t { method, sad, card_iin, card_luhn, amount_mismatch };
inline constexpr std::array k_warning_codes = {"W-METHOD", "W-SAD", "W-CARD-IIN", "W-CARD-LUHN",
                                               "W-AMT-MISMATCH"};

struct OrderItem {
    std::string reference, name;
    std::int64_t unit_minor = 0, quantity = 1, discount_minor = 0;
};

/// A checked record. Texts point into the record or the arena and hold no card number.
struct Order {
    importers::OrderTexts text; ///< as stored: case folded, aliases resolved
    std::int64_t event_us = 0;
    bool time_received = false;
    std::int64_t amount = 0; ///< minor units, without sign
    bool refund = false;
    std::optional<std::int64_t> order_total; ///< minor units of text[order_currency]
    std::optional<std::int64_t> lat, lon, merchant_lat, merchant_lon; ///< 1e-6 degrees
    std::vector<OrderItem> items;
    std::optional<payments::CardRef> card,
        previous_card; ///< previous: its hash under the previous key
    std::uint8_t warnings = 0;

    [[nodiscard]] std::optional<std::string_view>& at(importers::OrderField field) {
        return text[static_cast<std::size_t>(field)];
    }
    void warn(Warning warning) {
        warnings = static_cast<std::uint8_t>(warnings | 1U << static_cast<unsigned>(warning));
    }
};

struct CheckContext {
    const importers::OrderOptions& options;
    std::span<const std::string> private_ranges;
    /// Called with the first valid card number; throws Error(config) without a key.
    const std::function<const card::CardKeys&()>& keys;
    std::string_view provider; ///< of the card tokens
    std::int64_t now_us = 0;
    bool file = false; ///< a record without an id gets one from its place
    bool secrets_dropped = false;
};

/// Fills `out` from out.text. The Problem has the code and field of the first fault; its detail
/// lists all faults in the order of the specification.
[[nodiscard]] Expected<void> check_order(Order& out, std::string_view lacking,
                                         const CheckContext& context, expr::Arena& arena);

/// RFC 3339 with a zone, or a plain number in `unit_us` (0: not allowed).
[[nodiscard]] std::optional<std::int64_t> read_instant(std::string_view text, std::int64_t unit_us);

/// `order.items` of a JSON record: id or itemID, name, cost, quantity, discount. Empty if the text
/// is not an array of such items.
[[nodiscard]] std::optional<std::vector<OrderItem>> read_items(std::string_view json, int exponent);

/// An IPv4 or IPv6 address in its canonical form.
[[nodiscard]] std::optional<std::string> canonical_address(const std::string& text);

/// At least one digit, and nothing else.
[[nodiscard]] bool all_digits(std::string_view text);

/// ISO 3166-1 alpha-2, upper case.
[[nodiscard]] bool is_country(std::string_view code);

} // namespace harmonia::orders
