// A row of harmonia.payment_transaction on its way into the table: written by COPY inside the
// block's transaction.
//
// One COPY is open at a time on a transaction: write all payments, finish, then all facts
// (fact_row.hpp).
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace harmonia::payments {

/// The columns by name; empty optionals become SQL's null. Views only: made for one add().
struct PaymentRow {
    std::int64_t id = 0; ///< from take_payment_ids()
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

/// `with_ids`: PaymentRow::id is written; otherwise the table numbers its rows.
class PaymentCopy {
public:
    PaymentCopy(db::Transaction& tx, bool with_ids);
    void add(const PaymentRow& row);
    void finish() { copy_.finish(); }

private:
    db::CopyIn copy_;
    bool with_ids_;
};

/// `count` ids of harmonia.payment_transaction, ascending: rows of one block that refer to one
/// another need them before they are written.
[[nodiscard]] std::vector<std::int64_t> take_payment_ids(db::Transaction& tx, std::size_t count);

} // namespace harmonia::payments
