#include "exporters/row.hpp"

#include <algorithm>

namespace harmonia::exporters {

std::span<const expr::Name> row_names() {
    using expr::Type;
    static const std::vector<expr::Name> names{
        {"transaction_id", Type::text},
        {"transaction_date", Type::instant},
        {"spend_amount", Type::integer},
        {"spend_currency", Type::text},
        {"loyalty_id", Type::text},
        {"mid", Type::text},
        {"primary_identifier", Type::text},
        {"location_id", Type::text},
        {"merchant_internal_id", Type::text},
        {"user_id", Type::integer},
        {"scheme_account_id", Type::integer},
        {"payment_card_account_id", Type::integer},
        {"auth_code", Type::text},
        {"approval_code", Type::text},
        {"settlement_key", Type::text},
        {"last_four", Type::text},
        {"expiry_month", Type::integer},
        {"expiry_year", Type::integer},
        {"payment_provider_slug", Type::text},
        {"feed_type", Type::text},
        {"matched_transaction_id", Type::integer},
        {"export_uid", Type::text},
        {"target", Type::text},
        {"created_at", Type::instant},
        {"extra", Type::text},
    };
    return names;
}

std::size_t row_index(std::string_view name) {
    const auto names = row_names();
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const expr::Name& entry) { return entry.name == name; });
    return found == names.end() ? std::string_view::npos
                                : static_cast<std::size_t>(found - names.begin());
}

} // namespace harmonia::exporters
