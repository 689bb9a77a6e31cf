// A row of screening.fact: what rules may read of a payment that a rule set must approve. Written
// by COPY inside the block's transaction, after the payments (payment_row.hpp).
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::payments {

/// The columns by name. `amount` is without sign; positions are 1e-6 degrees.
struct FactRow {
    std::int64_t payment_id = 0;
    std::string_view source, feed_type, external_id;
    std::int64_t batch_id = 0;
    std::string_view ruleset;
    std::int64_t event_us = 0;
    bool time_received = false; ///< event_us is when it arrived: the record states no time
    std::string_view kind = "purchase", method, method_type;
    std::int64_t amount = 0;
    std::string_view currency;
    std::optional<std::int64_t> card_id, order_id;
    std::optional<std::string_view> customer, merchant, terminal, mcc, card_country, ip_country,
        merchant_country, ship_country, ip;
    std::optional<std::int64_t> lat, lon, merchant_lat, merchant_lon;
    std::optional<std::string_view> device, email_hash, channel;
};

/// Writes facts and, for each, that its payment waits for a verdict (screening.waiting).
class FactCopy {
public:
    explicit FactCopy(db::Transaction& tx);
    void add(const FactRow& row);
    /// Also wakes `screen --follow`, by NOTIFY harmonia_facts at the commit.
    void finish();

private:
    struct Waiting {
        std::int64_t payment_id;
        std::string ruleset;
        std::int64_t event_us, batch_id;
    };
    db::Transaction& tx_;
    db::CopyIn copy_;
    std::vector<Waiting> waiting_; ///< written by finish(): one COPY is open at a time
};

} // namespace harmonia::payments
