// What a feed of transactions maps a record to.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace harmonia::importers {

enum class FeedType { merchant, auth, settled, refund };
[[nodiscard]] const char* feed_type_name(FeedType type); ///< `SETTLED`, as stored

/// Record identifiers of a payment by type, in order PRIMARY, SECONDARY, PSIMI; empty when absent.
struct Identifiers {
    std::string_view primary, secondary, psimi;
};

/// What every feed of transactions maps a record to. Texts point into the record or the arena.
struct MappedRecord {
    std::string_view transaction_id;
    bool content_hashed = false;          ///< id made from the content: equal records are numbered
    std::int64_t transaction_date_us = 0; ///< µs since 1970 UTC
    bool has_time = true;
    std::int64_t spend_amount = 0; ///< minor units of spend_currency
    std::string_view spend_currency;
    std::string_view payment_provider; ///< network slug
    std::optional<std::string_view> settlement_key, card_token, first_six, last_four;
    std::string_view auth_code, approval_code;
    std::optional<std::int64_t> points_amount, points_multiplier;
    std::int64_t spend_multiplier = 100;
    std::optional<std::int64_t> merchant_identifier_id; ///< the 2018 queues name it
    Identifiers identifiers;                            ///< payments
    std::vector<std::string_view> mids;                 ///< merchants: MID texts given by the row
    std::optional<std::string_view> location; ///< merchants: store code to look MIDs up by
    std::string_view extra_fields = "{}";     ///< JSON object text
};

/// What the filters of a map decide about a record.
enum class Verdict { keep, skip_silently, skip_warned };

/// What the feed's map reads besides the fields.
struct MapContext {
    std::uint64_t record_number = 0;
    std::string_view raw;
    std::string_view merchant; ///< merchant slug of the record's identifiers, "" when unknown
};

} // namespace harmonia::importers
