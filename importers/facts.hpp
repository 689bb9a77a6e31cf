// What a sink writes of a payment: its row, and, where a rule set must approve it, the fact beside
// it. Both go out by COPY inside the block's transaction, one COPY a table.
//
// One COPY is open at a time on a transaction: write all payments, finish, then all facts.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// A row of harmonia.payment_transaction; null texts stand for SQL's null.
struct Payment {
    std::int64_t id = 0; ///< of take_payment_ids()
    std::string_view provider, feed_type, transaction_id, merchant;
    std::string_view identifier_ids = "{}", mid; ///< array text, first MID
    std::optional<std::string_view> settlement_key;
    std::int64_t date_us = 0;
    bool has_time = true;
    std::int64_t amount = 0, multiplier = 100;
    std::string_view currency, card_token;
    std::optional<std::string_view> first_six, last_four;
    std::string_view auth_code, approval_code, extra_fields = "{}";
    std::int64_t batch_id = 0, record_no = 0;
    std::string_view screen = "NONE";
};

/// `with_ids`: Payment::id is written; otherwise the table numbers its rows.
class PaymentCopy {
public:
    PaymentCopy(db::Transaction& tx, bool with_ids);
    void add(const Payment& payment);
    void finish() { copy_.finish(); }

private:
    db::CopyIn copy_;
    bool with_ids_;
};

/// So many ids of harmonia.payment_transaction, rising: rows of one block that name one another
/// need them before they are written.
[[nodiscard]] std::vector<std::int64_t> take_payment_ids(db::Transaction& tx, std::size_t count);

/// A card as it may be stored (core/card): by a keyed hash of its number, or, with key_id 0, by
/// SHA-256 of `provider:token`.
struct CardRef {
    int key_id = 0;
    std::string hmac; ///< 32 bytes
    std::string first_n, last4, brand;
    std::optional<int> pan_length;
    std::optional<bool> luhn_holds;
};
[[nodiscard]] CardRef card_of_token(std::string_view provider, std::string_view token);

/// Ids in screening.card_ref of each of `cards` (any order, repetitions allowed); missing ones are
/// inserted in one statement.
[[nodiscard]] std::vector<std::int64_t> store_cards(db::Transaction& tx,
                                                    std::span<const CardRef> cards);

/// A row of screening.fact. `amount` is without sign; positions are 1e-6 degrees.
struct Fact {
    std::int64_t payment_id = 0;
    std::string_view source, feed_type, external_id;
    std::int64_t batch_id = 0;
    std::string_view ruleset;
    std::int64_t event_us = 0;
    bool time_received = false; ///< event_us is when it came: the record says no time
    std::string_view kind = "purchase", method, method_type;
    std::int64_t amount = 0;
    std::string_view currency;
    std::optional<std::int64_t> card_id, order_id;
    std::optional<std::string_view> customer, merchant, terminal, mcc, card_country, ip_country,
        merchant_country, ship_country, ip;
    std::optional<std::int64_t> lat, lon, merchant_lat, merchant_lon;
    std::optional<std::string_view> device, email_hash, channel;
};

/// Facts, and beside each that its payment waits for a verdict.
class FactCopy {
public:
    explicit FactCopy(db::Transaction& tx);
    void add(const Fact& fact);
    /// Also tells `screen --follow`, by NOTIFY harmonia_facts at the commit.
    void finish();

private:
    struct Waiting {
        std::int64_t payment_id;
        std::string ruleset;
        std::int64_t event_us, batch_id;
    };
    db::Transaction& tx_;
    db::CopyIn copy_;
    std::vector<Waiting> waiting_;
};

} // namespace harmonia::importers
