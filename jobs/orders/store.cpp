#include "jobs/orders/store.hpp"

#include "core/payments/fact_row.hpp"
#include "core/payments/payment_row.hpp"
#include "core/time/civil.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace harmonia::orders {
namespace {

using importers::OrderField;

constexpr std::size_t k_first_six = 6, k_label_bytes = 8;

std::string bytea(const Sha256Digest& digest) {
    return "\\x" + hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Gives rows without an id one, for which the digest of the batch's file is read.
void derive_ids(db::Transaction& tx, OrderBlock& block, std::int64_t batch_id) {
    const bool any = std::any_of(block.all().begin(), block.all().end(),
                                 [](const OrderRow& row) { return row.derived_id; });
    if (!any)
        return;
    const db::Row batch =
        tx.exec("SELECT file_sha256 FROM ops.import_batch WHERE id = $1", batch_id).only();
    block.derive_ids(batch.text("file_sha256"));
}

/// Finds the rows whose id is stored already or occurs earlier in the block: duplicates and
/// conflicts.
class KnownRows {
public:
    KnownRows(const OrderBlock& block, importers::BlockCounts& counts)
        : block_(block), counts_(counts), dropped_(block.rows(), false) {
        digests_.reserve(block.rows());
    }
    std::vector<bool> find(db::Transaction& tx, const OrderSource& source) {
        load(tx, source);
        for (std::size_t i = 0; i < block_.rows(); ++i) {
            const std::string_view id = *block_.text(block_.all()[i], OrderField::external_id);
            const auto [known, fresh] = digests_.emplace(id, bytea(block_.all()[i].payload));
            if (!fresh)
                drop(i, known->second);
        }
        return std::move(dropped_);
    }

private:
    void load(db::Transaction& tx, const OrderSource& source) {
        std::vector<std::string> ids;
        ids.reserve(block_.rows());
        for (const OrderRow& row : block_.all())
            ids.emplace_back(*block_.text(row, OrderField::external_id));
        stored_ = tx.exec(R"(
            SELECT transaction_id, payload_sha256
              FROM harmonia.import_transaction
             WHERE provider_slug = $1
               AND feed_type = $2::harmonia.feed_type
               AND transaction_id = ANY($3::text[]))",
                          source.provider, source.feed_type, ids);
        for (const db::Row row : stored_)
            digests_.emplace(row.text("transaction_id"), std::string(row.text("payload_sha256")));
    }
    // A row without a digest came through another sink, where a known id is a duplicate.
    void drop(std::size_t i, const std::string& digest) {
        const OrderRow& row = block_.all()[i];
        dropped_[i] = true;
        if (digest.empty() || digest == bytea(row.payload)) {
            ++counts_.duplicates;
            return;
        }
        counts_.conflicts.push_back(
            {row.place,
             {"V-DUP", "external_id", "V-DUP external_id: was imported before with other content"},
             std::string(*block_.text(row.raw))});
    }

    const OrderBlock& block_;
    importers::BlockCounts& counts_;
    std::vector<bool> dropped_;
    db::Result stored_; ///< holds the keys of digests_
    std::unordered_map<std::string_view, std::string> digests_;
};

void copy_guards(db::Transaction& tx, const OrderBlock& block, const OrderSource& source,
                 std::int64_t batch_id, const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_transaction",
                    {"provider_slug", "feed_type", "transaction_id", "batch_id", "record_no",
                     "identified", "stored", "payload_sha256"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        copy.field(source.provider).field(source.feed_type);
        copy.field(block.text(row, OrderField::external_id)).field(batch_id);
        copy.field(row.place.record_number).field(true).field(true).field(bytea(row.payload));
        copy.end_row();
    }
    copy.finish();
}

void copy_raw(db::Transaction& tx, const OrderBlock& block, std::int64_t batch_id,
              const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_record", {"batch_id", "record_no", "byte_offset", "raw"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        copy.field(batch_id).field(row.place.record_number).field(row.place.offset);
        copy.field(block.text(row.raw));
        copy.end_row();
    }
    copy.finish();
}

std::string_view type_of(const OrderRow& row, const OrderSource& source) {
    return row.refund ? std::string_view("REFUND") : std::string_view(source.feed_type);
}

/// The name of the card in matching and reports: its network's token, or the start of its hash.
std::string card_token(const OrderBlock& block, const OrderRow& row) {
    if (const auto token = block.text(row, OrderField::card_token))
        return std::string(*token);
    if (!row.card)
        return {};
    return hex(std::string_view(block.cards()[*row.card].hmac).substr(0, k_label_bytes));
}

void copy_payments(db::Transaction& tx, const OrderBlock& block, const OrderSource& source,
                   const KnownMerchants& merchants, std::int64_t batch_id,
                   const std::vector<bool>& dropped, const std::vector<std::int64_t>& ids) {
    payments::PaymentCopy copy(tx, true);
    for (std::size_t i = 0, next = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        payments::PaymentRow payment;
        payment.id = ids[next++];
        payment.provider = source.provider;
        payment.feed_type = type_of(row, source);
        payment.transaction_id = *block.text(row, OrderField::external_id);
        const auto merchant = block.text(row, OrderField::merchant);
        if (const KnownMerchant* known = merchant ? merchants.find(*merchant) : nullptr) {
            payment.merchant = known->slug;
            payment.identifier_ids = known->ids;
        }
        payment.mid = merchant.value_or("");
        payment.date_us = row.event_us;
        payment.amount = row.refund ? -row.amount : row.amount;
        payment.currency = *block.text(row, OrderField::currency);
        const std::string token = card_token(block, row);
        payment.card_token = token;
        if (row.card && block.cards()[*row.card].pan_length) {
            const payments::CardRef& card = block.cards()[*row.card];
            if (card.first_n.size() == k_first_six)
                payment.first_six = card.first_n;
            payment.last_four = card.last4;
        }
        payment.batch_id = batch_id;
        payment.record_no = static_cast<std::int64_t>(row.place.record_number);
        payment.screen = source.ruleset.empty() ? "NONE" : "HELD";
        copy.add(payment);
    }
    copy.finish();
}

payments::FactRow fact_of(const OrderBlock& block, const OrderRow& row, const OrderSource& source) {
    const auto text = [&](OrderField field) { return block.text(row, field); };
    payments::FactRow fact;
    fact.source = source.provider;
    fact.feed_type = type_of(row, source);
    fact.external_id = *text(OrderField::external_id);
    fact.ruleset = source.ruleset;
    fact.event_us = row.event_us;
    fact.time_received = row.time_received;
    fact.kind = text(OrderField::kind).value_or("purchase");
    fact.method = text(OrderField::method).value_or("");
    fact.method_type = text(OrderField::method_type).value_or("");
    fact.amount = row.amount;
    fact.currency = *text(OrderField::currency);
    fact.customer = text(OrderField::customer);
    fact.merchant = text(OrderField::merchant);
    fact.terminal = text(OrderField::terminal);
    fact.mcc = text(OrderField::mcc);
    fact.card_country = text(OrderField::card_country);
    fact.ip_country = text(OrderField::ip_country);
    fact.merchant_country = text(OrderField::merchant_country);
    fact.ship_country = text(OrderField::ship_country);
    fact.ip = text(OrderField::ip);
    fact.lat = row.lat;
    fact.lon = row.lon;
    fact.merchant_lat = row.merchant_lat;
    fact.merchant_lon = row.merchant_lon;
    fact.device = text(OrderField::device);
    fact.email_hash = text(OrderField::email_hash);
    fact.channel = text(OrderField::channel);
    return fact;
}

/// Links cards that were seen under both keys.
void link_aliases(db::Transaction& tx, const OrderBlock& block,
                  const std::vector<std::int64_t>& card_ids) {
    std::vector<std::int64_t> ids, previous_ids;
    for (const OrderRow& row : block.all())
        if (row.card && row.has_previous_card) {
            previous_ids.push_back(card_ids[*row.card + 1]);
            ids.push_back(card_ids[*row.card]);
        }
    if (!ids.empty())
        tx.exec(R"(
            INSERT INTO screening.card_alias (card_id, same_as)
            SELECT DISTINCT ON (previous_id) previous_id, id
              FROM unnest($1::bigint[], $2::bigint[]) AS c(previous_id, id)
             ORDER BY previous_id
                ON CONFLICT (card_id) DO NOTHING)",
                previous_ids, ids);
}

void copy_facts(db::Transaction& tx, const OrderBlock& block, const OrderSource& source,
                std::int64_t batch_id, const std::vector<bool>& dropped,
                const std::vector<std::int64_t>& ids) {
    const std::vector<std::int64_t> cards = payments::store_cards(tx, block.cards());
    link_aliases(tx, block, cards);
    const auto orders = store_customer_orders(tx, block, source, dropped);
    payments::FactCopy copy(tx);
    for (std::size_t i = 0, next = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        payments::FactRow fact = fact_of(block, row, source);
        fact.payment_id = ids[next++];
        fact.batch_id = batch_id;
        if (row.card)
            fact.card_id = cards[*row.card];
        fact.order_id = orders[i];
        copy.add(fact);
    }
    copy.finish();
}

void count_dates(const OrderBlock& block, importers::BlockCounts& counts) {
    for (const OrderRow& row : block.all()) {
        counts.date_from_us = std::min(counts.date_from_us.value_or(row.event_us), row.event_us);
        counts.date_to_us = std::max(counts.date_to_us.value_or(row.event_us), row.event_us);
    }
}

} // namespace

importers::BlockCounts write_orders(db::Transaction& tx, OrderBlock& block,
                                    const OrderSource& source, const KnownMerchants& merchants,
                                    std::int64_t batch_id) {
    importers::BlockCounts counts;
    count_dates(block, counts);
    derive_ids(tx, block, batch_id);
    const std::vector<bool> dropped = KnownRows(block, counts).find(tx, source);
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        ++counts.inserted;
        for (std::size_t bit = 0; bit < k_warning_codes.size(); ++bit)
            if ((block.all()[i].warnings >> bit & 1U) != 0)
                ++counts.warnings[k_warning_codes[bit]];
    }
    if (counts.inserted == 0)
        return counts;
    const auto ids = payments::take_payment_ids(tx, counts.inserted);
    copy_guards(tx, block, source, batch_id, dropped);
    copy_raw(tx, block, batch_id, dropped);
    copy_payments(tx, block, source, merchants, batch_id, dropped, ids);
    if (!source.ruleset.empty())
        copy_facts(tx, block, source, batch_id, dropped, ids);
    return counts;
}

} // namespace harmonia::orders
