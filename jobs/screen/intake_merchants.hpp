// Whose an order's payment is: merchants by the identifiers that networks know them by.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace harmonia::screen {

struct KnownMerchant {
    std::string slug; ///< empty: several merchants have this identifier, so it says nothing
    std::string ids;  ///< harmonia.merchant_identifier, as array text
};

/// By primary identifier, of any network: an order feed does not say which.
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

} // namespace harmonia::screen
