// What the decision sees of a payment and of a merchant's row. All texts and spans point into
// memory that the reader of the rows owns (one group's arena); a text that is absent is empty.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace harmonia::match {

struct Payment {
    std::int64_t id = 0;
    std::string_view network, feed_type, transaction_id, mid;
    std::int64_t date_us = 0;    ///< µs since 1970 UTC
    std::int64_t created_us = 0; ///< when it was imported
    bool has_time = true;
    bool fresh = true;      ///< not admitted before this run
    bool known_user = true; ///< its card holder is known, or need not be
    std::span<const std::int64_t> identifier_ids;
    std::string_view first_six, last_four, auth_code, approval_code, card_token, settlement_key;
    std::string_view user_first_six, user_last_four; ///< of the identified user's card
    std::span<const std::int64_t> barred;            ///< merchant rows it was parted from by hand
};

struct SchemeRow {
    std::int64_t id = 0;
    std::string_view network; ///< "" where the feed has none
    std::string_view transaction_id;
    std::int64_t date_us = 0, created_us = 0;
    bool fresh = true;
    std::span<const std::string_view> mids;
    std::span<const std::int64_t> identifier_ids;
    std::string_view first_six, last_four, auth_code;
};

/// All pending rows of one merchant with one currency and amount: a row's rivals are all in here.
struct Group {
    std::string_view currency;
    std::int64_t amount = 0; ///< minor units
    std::vector<Payment> payments;
    std::vector<SchemeRow> schemes;
};

/// One comparison.
struct Pair {
    const Payment& payment;
    const SchemeRow& scheme;
    std::int64_t window_from_us; ///< rows imported earlier are outside the window
};

} // namespace harmonia::match
