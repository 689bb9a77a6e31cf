// The merchants of orders, by the identifiers that networks know them by.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace harmonia::orders {

struct KnownMerchant {
    std::string slug; ///< empty: several merchants share this identifier
    std::string ids;  ///< of harmonia.merchant_identifier, as the text of an array
};

/// By primary identifier of any network, because an order feed does not say which.
class KnownMerchants {
public:
    [[nodiscard]] static KnownMerchants load(db::Transaction& tx);
    /// Null when unknown or shared.
    [[nodiscard]] const KnownMerchant* find(std::string_view identifier) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, KnownMerchant, Hash, std::equal_to<>> all_;
};

} // namespace harmonia::orders
