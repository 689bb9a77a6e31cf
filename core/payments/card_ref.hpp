// Cards as the database knows them: screening.card_ref, without their numbers.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::payments {

/// A card as it may be stored (core/card): identified by a keyed hash of its number or, with key_id
/// 0, by the SHA-256 of `provider:token`.
struct CardRef {
    int key_id = 0;
    std::string hmac; ///< 32 bytes
    std::string first_n, last4, brand;
    std::optional<int> pan_length;
    std::optional<bool> luhn_holds;
};
[[nodiscard]] CardRef card_of_token(std::string_view provider, std::string_view token);

/// The id in screening.card_ref of each of `cards` (any order, repetitions allowed); missing ones
/// are inserted in one statement.
[[nodiscard]] std::vector<std::int64_t> store_cards(db::Transaction& tx,
                                                    std::span<const CardRef> cards);

} // namespace harmonia::payments
