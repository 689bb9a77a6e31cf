// The outputs of a map by name: how YAML calls them and what they may hold.
#pragma once

#include "importers/map.hpp"

#include <array>

namespace harmonia::importers {

struct OutputKind {
    const char* name;
    enum class Holds : std::uint8_t { text, integer, instant, json } holds;
    std::size_t length_max; ///< texts, in bytes
};

// In the order of Output. Lengths are those that partners were promised; extra
// fields travel in every export of the row.
inline constexpr std::array<OutputKind, k_outputs> k_output_kinds = {{
    {"payment_provider", OutputKind::Holds::text, 50},
    {"spend_currency", OutputKind::Holds::text, 3},
    {"transaction_date", OutputKind::Holds::instant, 0},
    {"spend_amount", OutputKind::Holds::integer, 0},
    {"transaction_id", OutputKind::Holds::text, 100},
    {"settlement_key", OutputKind::Holds::text, 100},
    {"card_token", OutputKind::Holds::text, 100},
    {"first_six", OutputKind::Holds::text, 6},
    {"last_four", OutputKind::Holds::text, 4},
    {"auth_code", OutputKind::Holds::text, 20},
    {"approval_code", OutputKind::Holds::text, 20},
    {"points_amount", OutputKind::Holds::integer, 0},
    {"points_multiplier", OutputKind::Holds::integer, 0},
    {"spend_multiplier", OutputKind::Holds::integer, 0},
    {"merchant_identifier_id", OutputKind::Holds::integer, 0},
    {"extra_fields", OutputKind::Holds::json, 65536},
    {"PRIMARY", OutputKind::Holds::text, 50},
    {"SECONDARY", OutputKind::Holds::text, 50},
    {"PSIMI", OutputKind::Holds::text, 50},
    {"location", OutputKind::Holds::text, 50},
}};

[[nodiscard]] inline const OutputKind& kind_of(Output output) {
    return k_output_kinds[static_cast<std::size_t>(output)];
}

} // namespace harmonia::importers
