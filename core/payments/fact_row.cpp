#include "core/payments/fact_row.hpp"

#include "core/db/columns.hpp"

namespace harmonia::payments {
namespace {

enum class Column {
    payment_id,
    source,
    feed_type,
    external_id,
    batch_id,
    ruleset,
    event_us,
    event_time_src,
    kind,
    method,
    method_type,
    amount,
    currency,
    card_id,
    order_id,
    customer,
    merchant,
    terminal,
    mcc,
    card_country,
    ip_country,
    ip,
    merchant_country,
    ship_country,
    lat,
    lon,
    merchant_lat,
    merchant_lon,
    device,
    email_hash,
    channel,
};
constexpr auto k_columns = db::columns<Column>({
    {Column::payment_id, "payment_id"},
    {Column::source, "source"},
    {Column::feed_type, "feed_type"},
    {Column::external_id, "external_id"},
    {Column::batch_id, "batch_id"},
    {Column::ruleset, "ruleset"},
    {Column::event_us, "event_us"},
    {Column::event_time_src, "event_time_src"},
    {Column::kind, "kind"},
    {Column::method, "method"},
    {Column::method_type, "method_type"},
    {Column::amount, "amount_minor"},
    {Column::currency, "currency"},
    {Column::card_id, "card_id"},
    {Column::order_id, "order_id"},
    {Column::customer, "customer"},
    {Column::merchant, "merchant"},
    {Column::terminal, "terminal"},
    {Column::mcc, "mcc"},
    {Column::card_country, "card_country"},
    {Column::ip_country, "ip_country"},
    {Column::ip, "ip"},
    {Column::merchant_country, "merchant_country"},
    {Column::ship_country, "ship_country"},
    {Column::lat, "lat"},
    {Column::lon, "lon"},
    {Column::merchant_lat, "merchant_lat"},
    {Column::merchant_lon, "merchant_lon"},
    {Column::device, "device"},
    {Column::email_hash, "email_hash"},
    {Column::channel, "channel"},
});

} // namespace

FactCopy::FactCopy(db::Transaction& tx) : tx_(tx), copy_(tx, "screening.fact", k_columns.names()) {}

void FactCopy::add(const FactRow& row) {
    copy_.field(Column::payment_id, row.payment_id);
    copy_.field(Column::source, row.source);
    copy_.field(Column::feed_type, row.feed_type);
    copy_.field(Column::external_id, row.external_id);
    copy_.field(Column::batch_id, row.batch_id);
    copy_.field(Column::ruleset, row.ruleset);
    copy_.field(Column::event_us, row.event_us);
    copy_.field(Column::event_time_src, row.time_received ? "received" : "event");
    copy_.field(Column::kind, row.kind);
    copy_.field(Column::method, row.method);
    copy_.field(Column::method_type, row.method_type);
    copy_.field(Column::amount, row.amount);
    copy_.field(Column::currency, row.currency);
    copy_.field(Column::card_id, row.card_id);
    copy_.field(Column::order_id, row.order_id);
    copy_.field(Column::customer, row.customer);
    copy_.field(Column::merchant, row.merchant);
    copy_.field(Column::terminal, row.terminal);
    copy_.field(Column::mcc, row.mcc);
    copy_.field(Column::card_country, row.card_country);
    copy_.field(Column::ip_country, row.ip_country);
    copy_.field(Column::ip, row.ip);
    copy_.field(Column::merchant_country, row.merchant_country);
    copy_.field(Column::ship_country, row.ship_country);
    copy_.field(Column::lat, row.lat);
    copy_.field(Column::lon, row.lon);
    copy_.field(Column::merchant_lat, row.merchant_lat);
    copy_.field(Column::merchant_lon, row.merchant_lon);
    copy_.field(Column::device, row.device);
    copy_.field(Column::email_hash, row.email_hash);
    copy_.field(Column::channel, row.channel);
    copy_.end_row();
    waiting_.push_back({row.payment_id, std::string(row.ruleset), row.event_us, row.batch_id});
}

void FactCopy::finish() {
    copy_.finish();
    db::CopyIn waiting(tx_, "screening.waiting", {"payment_id", "ruleset", "event_us", "batch_id"});
    for (const Waiting& one : waiting_) {
        waiting.field(one.payment_id).field(one.ruleset).field(one.event_us).field(one.batch_id);
        waiting.end_row();
    }
    waiting.finish();
    tx_.exec("SELECT pg_notify('harmonia_facts', '')");
}

} // namespace harmonia::payments
