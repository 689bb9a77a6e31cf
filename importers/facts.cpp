#include "importers/facts.hpp"

#include "core/base/hash.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace harmonia::importers {
namespace {

void instant(db::CopyIn& copy, std::int64_t us) {
    std::array<char, time::k_time_text_max> text;
    copy.field(std::string_view(text.data(), time::print_utc(us, text.data())));
}

std::vector<std::string> payment_columns(bool with_ids) {
    std::vector<std::string> columns{"provider_slug",
                                     "feed_type",
                                     "transaction_id",
                                     "merchant_slug",
                                     "merchant_identifier_ids",
                                     "mid",
                                     "settlement_key",
                                     "transaction_date",
                                     "has_time",
                                     "spend_amount",
                                     "spend_multiplier",
                                     "spend_currency",
                                     "card_token",
                                     "first_six",
                                     "last_four",
                                     "auth_code",
                                     "approval_code",
                                     "extra_fields",
                                     "batch_id",
                                     "record_no",
                                     "screen"};
    if (with_ids)
        columns.insert(columns.begin(), "id");
    return columns;
}

const std::vector<std::string> k_fact_columns = {
    "payment_id",  "source",       "feed_type",        "external_id",  "batch_id",
    "ruleset",     "event_us",     "event_time_src",   "kind",         "method",
    "method_type", "amount_minor", "currency",         "card_id",      "order_id",
    "customer",    "merchant",     "terminal",         "mcc",          "card_country",
    "ip_country",  "ip",           "merchant_country", "ship_country", "lat",
    "lon",         "merchant_lat", "merchant_lon",     "device",       "email_hash",
    "channel"};

using CardKey = std::pair<int, std::string_view>;

/// Ids of those that are there.
void find_cards(db::Transaction& tx, std::map<CardKey, std::int64_t>& cards) {
    std::vector<std::string> hashes;
    std::vector<long long> keys;
    for (const auto& [card, id] : cards)
        if (id == 0) {
            hashes.push_back("\\x" + hex(card.second));
            keys.push_back(card.first);
        }
    if (hashes.empty())
        return;
    const auto found =
        tx.exec("SELECT w.place, c.id FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY "
                "AS w(key_id, pan_hmac, place) JOIN screening.card_ref c USING (key_id, pan_hmac) "
                "ORDER BY w.place",
                keys, hashes);
    std::size_t row = 0;
    long long place = 0;
    for (auto& [card, id] : cards) {
        if (id != 0)
            continue;
        ++place;
        if (row < found.size() && found.integer(row, 0) == place)
            id = found.integer(row++, 1);
    }
}

} // namespace

PaymentCopy::PaymentCopy(db::Transaction& tx, bool with_ids)
    : copy_(tx, "harmonia.payment_transaction", payment_columns(with_ids)), with_ids_(with_ids) {}

void PaymentCopy::add(const Payment& payment) {
    if (with_ids_)
        copy_.field(payment.id);
    copy_.field(payment.provider).field(payment.feed_type).field(payment.transaction_id);
    copy_.field(payment.merchant).field(payment.identifier_ids).field(payment.mid);
    copy_.field(payment.settlement_key);
    instant(copy_, payment.date_us);
    copy_.field(payment.has_time).field(payment.amount).field(payment.multiplier);
    copy_.field(payment.currency).field(payment.card_token);
    copy_.field(payment.first_six).field(payment.last_four);
    copy_.field(payment.auth_code).field(payment.approval_code).field(payment.extra_fields);
    copy_.field(payment.batch_id).field(payment.record_no).field(payment.screen);
    copy_.end_row();
}

std::vector<std::int64_t> take_payment_ids(db::Transaction& tx, std::size_t count) {
    // The sequence is looked up once, not once a row: hence OFFSET 0.
    const auto rows =
        tx.exec("SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence("
                "'harmonia.payment_transaction', 'id')::regclass AS name OFFSET 0) s, "
                "generate_series(1, $1)",
                count);
    std::vector<std::int64_t> ids;
    ids.reserve(count);
    for (std::size_t row = 0; row < rows.size(); ++row)
        ids.push_back(rows.integer(row, 0));
    return ids;
}

CardRef card_of_token(std::string_view provider, std::string_view token) {
    Sha256 digest;
    digest.update(provider);
    digest.update(":");
    digest.update(token);
    const Sha256Digest hash = digest.finish();
    CardRef card;
    card.hmac.assign(reinterpret_cast<const char*>(hash.data()), hash.size());
    return card;
}

// In key order, so that two imports that meet the same new cards cannot lock each other out.
std::vector<std::int64_t> store_cards(db::Transaction& tx, std::span<const CardRef> cards) {
    std::map<CardKey, std::int64_t> ids;
    std::map<CardKey, const CardRef*> sources;
    for (const CardRef& card : cards) {
        ids.emplace(CardKey{card.key_id, card.hmac}, 0);
        sources.emplace(CardKey{card.key_id, card.hmac}, &card);
    }
    find_cards(tx, ids);
    std::array<std::vector<std::string>, 4> texts;
    std::vector<std::string> lengths, luhn;
    std::vector<long long> keys;
    for (const auto& [key, id] : ids) {
        if (id != 0)
            continue;
        const CardRef& card = *sources.at(key);
        keys.push_back(card.key_id);
        texts[0].push_back("\\x" + hex(card.hmac));
        texts[1].push_back(card.first_n);
        texts[2].push_back(card.last4);
        texts[3].push_back(card.brand);
        lengths.push_back(card.pan_length ? std::to_string(*card.pan_length) : "");
        luhn.emplace_back(!card.luhn_holds ? "" : *card.luhn_holds ? "t" : "f");
    }
    if (!keys.empty()) {
        tx.exec("INSERT INTO screening.card_ref (key_id, pan_hmac, first_n, last4, brand, pan_len, "
                "luhn_ok) SELECT k, h, f, l, b, nullif(n, '')::smallint, nullif(o, '')::boolean "
                "FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[], $5::text[], "
                "$6::text[], $7::text[]) AS c(k, h, f, l, b, n, o) ON CONFLICT DO NOTHING",
                keys, texts[0], texts[1], texts[2], texts[3], lengths, luhn);
        find_cards(tx, ids);
    }
    std::vector<std::int64_t> out;
    out.reserve(cards.size());
    for (const CardRef& card : cards)
        out.push_back(ids.at({card.key_id, card.hmac}));
    return out;
}

FactCopy::FactCopy(db::Transaction& tx) : tx_(tx), copy_(tx, "screening.fact", k_fact_columns) {}

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

void FactCopy::add(const Fact& fact) {
    copy_.field(fact.payment_id).field(fact.source).field(fact.feed_type).field(fact.external_id);
    copy_.field(fact.batch_id).field(fact.ruleset).field(fact.event_us);
    copy_.field(std::string_view(fact.time_received ? "received" : "event"));
    copy_.field(fact.kind).field(fact.method).field(fact.method_type).field(fact.amount);
    copy_.field(fact.currency).field(fact.card_id).field(fact.order_id).field(fact.customer);
    copy_.field(fact.merchant).field(fact.terminal).field(fact.mcc).field(fact.card_country);
    copy_.field(fact.ip_country).field(fact.ip).field(fact.merchant_country);
    copy_.field(fact.ship_country).field(fact.lat).field(fact.lon).field(fact.merchant_lat);
    copy_.field(fact.merchant_lon).field(fact.device).field(fact.email_hash).field(fact.channel);
    copy_.end_row();
    waiting_.push_back({fact.payment_id, std::string(fact.ruleset), fact.event_us, fact.batch_id});
}

} // namespace harmonia::importers
