#include "core/payments/payment_row.hpp"

#include "core/db/columns.hpp"

namespace harmonia::payments {
namespace {

/// The id comes last: it is left out where the table numbers its rows.
enum class Column {
    provider,
    feed_type,
    transaction_id,
    merchant,
    identifier_ids,
    mid,
    settlement_key,
    date,
    has_time,
    amount,
    multiplier,
    currency,
    card_token,
    first_six,
    last_four,
    auth_code,
    approval_code,
    extra_fields,
    batch_id,
    record_no,
    screen,
    id,
};
constexpr auto k_columns = db::columns<Column>({
    {Column::provider, "provider_slug"},
    {Column::feed_type, "feed_type"},
    {Column::transaction_id, "transaction_id"},
    {Column::merchant, "merchant_slug"},
    {Column::identifier_ids, "merchant_identifier_ids"},
    {Column::mid, "mid"},
    {Column::settlement_key, "settlement_key"},
    {Column::date, "transaction_date"},
    {Column::has_time, "has_time"},
    {Column::amount, "spend_amount"},
    {Column::multiplier, "spend_multiplier"},
    {Column::currency, "spend_currency"},
    {Column::card_token, "card_token"},
    {Column::first_six, "first_six"},
    {Column::last_four, "last_four"},
    {Column::auth_code, "auth_code"},
    {Column::approval_code, "approval_code"},
    {Column::extra_fields, "extra_fields"},
    {Column::batch_id, "batch_id"},
    {Column::record_no, "record_no"},
    {Column::screen, "screen"},
    {Column::id, "id"},
});

std::vector<std::string> names(bool with_ids) {
    std::vector<std::string> all = k_columns.names();
    if (!with_ids)
        all.pop_back();
    return all;
}

} // namespace

PaymentCopy::PaymentCopy(db::Transaction& tx, bool with_ids)
    : copy_(tx, "harmonia.payment_transaction", names(with_ids)), with_ids_(with_ids) {}

void PaymentCopy::add(const PaymentRow& row) {
    copy_.field(Column::provider, row.provider);
    copy_.field(Column::feed_type, row.feed_type);
    copy_.field(Column::transaction_id, row.transaction_id);
    copy_.field(Column::merchant, row.merchant);
    copy_.field(Column::identifier_ids, row.identifier_ids);
    copy_.field(Column::mid, row.mid);
    copy_.field(Column::settlement_key, row.settlement_key);
    copy_.field(Column::date, db::Instant{row.date_us});
    copy_.field(Column::has_time, row.has_time);
    copy_.field(Column::amount, row.amount);
    copy_.field(Column::multiplier, row.multiplier);
    copy_.field(Column::currency, row.currency);
    copy_.field(Column::card_token, row.card_token);
    copy_.field(Column::first_six, row.first_six);
    copy_.field(Column::last_four, row.last_four);
    copy_.field(Column::auth_code, row.auth_code);
    copy_.field(Column::approval_code, row.approval_code);
    copy_.field(Column::extra_fields, row.extra_fields);
    copy_.field(Column::batch_id, row.batch_id);
    copy_.field(Column::record_no, row.record_no);
    copy_.field(Column::screen, row.screen);
    if (with_ids_)
        copy_.field(Column::id, row.id);
    copy_.end_row();
}

std::vector<std::int64_t> take_payment_ids(db::Transaction& tx, std::size_t count) {
    // OFFSET 0: the sequence is looked up once, not once a row.
    const auto rows = tx.exec(R"(
        SELECT nextval(s.name) AS id
          FROM (SELECT pg_get_serial_sequence('harmonia.payment_transaction', 'id')::regclass
                       AS name
                OFFSET 0) s,
               generate_series(1, $1))",
                              count);
    std::vector<std::int64_t> ids;
    ids.reserve(count);
    for (std::size_t row = 0; row < rows.size(); ++row)
        ids.push_back(rows.integer(row, 0)); // one column, many rows: by position
    return ids;
}

} // namespace harmonia::payments
