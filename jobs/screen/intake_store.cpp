#include "core/time/civil.hpp"
#include "jobs/screen/intake_block.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace harmonia::screen {
namespace {

using importers::OrderField;

constexpr std::size_t k_first_six = 6, k_label_bytes = 8;

std::string bytea(const Sha256Digest& digest) {
    return "\\x" + hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Derived ids need the digest of the batch's file.
void name_rows(db::Transaction& tx, OrderBlock& block, std::int64_t batch_id) {
    const bool any = std::any_of(block.all().begin(), block.all().end(),
                                 [](const OrderRow& row) { return row.derived_id; });
    if (!any)
        return;
    const auto file = tx.exec("SELECT file_sha256 FROM ops.import_batch WHERE id = $1", batch_id);
    block.derive_ids(file.text(0, 0));
}

/// Sorts out what came before, in this block or ever: repetitions and conflicts.
class Known {
public:
    Known(const OrderBlock& block, importers::BlockCounts& counts)
        : block_(block), counts_(counts), dropped_(block.rows(), false) {
        digests_.reserve(block.rows());
    }
    std::vector<bool> sort_out(db::Transaction& tx, const OrderFacts& feed) {
        load(tx, feed);
        for (std::size_t i = 0; i < block_.rows(); ++i) {
            const std::string_view id = *block_.text(block_.all()[i], OrderField::external_id);
            const auto [known, fresh] = digests_.emplace(id, bytea(block_.all()[i].payload));
            if (!fresh)
                drop(i, known->second);
        }
        return std::move(dropped_);
    }

private:
    void load(db::Transaction& tx, const OrderFacts& feed) {
        std::vector<std::string> ids;
        ids.reserve(block_.rows());
        for (const OrderRow& row : block_.all())
            ids.emplace_back(*block_.text(row, OrderField::external_id));
        found_ = tx.exec("SELECT transaction_id, payload_sha256 FROM harmonia.import_transaction "
                         "WHERE provider_slug = $1 AND feed_type = $2::harmonia.feed_type "
                         "AND transaction_id = ANY($3::text[])",
                         feed.provider, feed.feed_type, ids);
        for (std::size_t i = 0; i < found_.size(); ++i)
            digests_.emplace(found_.text(i, 0), std::string(found_.text(i, 1)));
    }
    // Without a digest it came by another sink, which takes a known id for a repetition.
    void drop(std::size_t i, const std::string& digest) {
        const OrderRow& row = block_.all()[i];
        dropped_[i] = true;
        if (digest.empty() || digest == bytea(row.payload)) {
            ++counts_.duplicates;
            return;
        }
        counts_.conflicts.push_back(
            {row.place,
             {"V-DUP", "external_id", "V-DUP external_id: came before with another content"},
             std::string(*block_.text(row.raw))});
    }

    const OrderBlock& block_;
    importers::BlockCounts& counts_;
    std::vector<bool> dropped_;
    db::Result found_;
    std::unordered_map<std::string_view, std::string> digests_;
};

void copy_guards(db::Transaction& tx, const OrderBlock& block, const OrderFacts& feed,
                 std::int64_t batch_id, const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_transaction",
                    {"provider_slug", "feed_type", "transaction_id", "batch_id", "record_no",
                     "identified", "stored", "payload_sha256"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        copy.field(feed.provider).field(feed.feed_type);
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

std::string_view type_of(const OrderRow& row, const OrderFacts& feed) {
    return row.refund ? std::string_view("REFUND") : std::string_view(feed.feed_type);
}

/// How matching and people name the card: its network's token, or the start of its hash.
std::string card_token(const OrderBlock& block, const OrderRow& row) {
    if (const auto token = block.text(row, OrderField::card_token))
        return std::string(*token);
    if (!row.card)
        return {};
    return hex(std::string_view(block.cards()[*row.card].hmac).substr(0, k_label_bytes));
}

void copy_payments(db::Transaction& tx, const OrderBlock& block, const OrderFacts& feed,
                   const KnownMerchants& merchants, std::int64_t batch_id,
                   const std::vector<bool>& dropped, const std::vector<std::int64_t>& ids) {
    importers::PaymentCopy copy(tx, true);
    for (std::size_t i = 0, next = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        importers::Payment payment;
        payment.id = ids[next++];
        payment.provider = feed.provider;
        payment.feed_type = type_of(row, feed);
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
            const importers::CardRef& card = block.cards()[*row.card];
            if (card.first_n.size() == k_first_six)
                payment.first_six = card.first_n;
            payment.last_four = card.last4;
        }
        payment.batch_id = batch_id;
        payment.record_no = static_cast<std::int64_t>(row.place.record_number);
        payment.screen = feed.ruleset.empty() ? "NONE" : "HELD";
        copy.add(payment);
    }
    copy.finish();
}

importers::Fact fact_of(const OrderBlock& block, const OrderRow& row, const OrderFacts& feed) {
    const auto text = [&](OrderField field) { return block.text(row, field); };
    importers::Fact fact;
    fact.source = feed.provider;
    fact.feed_type = type_of(row, feed);
    fact.external_id = *text(OrderField::external_id);
    fact.ruleset = feed.ruleset;
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

/// Of cards seen under both keys, which were not linked yet.
void link_aliases(db::Transaction& tx, const OrderBlock& block,
                  const std::vector<std::int64_t>& card_ids) {
    std::vector<long long> now, before;
    for (const OrderRow& row : block.all())
        if (row.card && row.has_previous_card) {
            before.push_back(card_ids[*row.card + 1]);
            now.push_back(card_ids[*row.card]);
        }
    if (!now.empty())
        tx.exec("INSERT INTO screening.card_alias (card_id, same_as) SELECT DISTINCT ON (b) b, n "
                "FROM unnest($1::bigint[], $2::bigint[]) AS a(b, n) ORDER BY b "
                "ON CONFLICT (card_id) DO NOTHING",
                before, now);
}

void copy_facts(db::Transaction& tx, const OrderBlock& block, const OrderFacts& feed,
                std::int64_t batch_id, const std::vector<bool>& dropped,
                const std::vector<std::int64_t>& ids) {
    const std::vector<std::int64_t> cards = importers::store_cards(tx, block.cards());
    link_aliases(tx, block, cards);
    const auto orders = store_customer_orders(tx, block, feed, dropped);
    importers::FactCopy copy(tx);
    for (std::size_t i = 0, next = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const OrderRow& row = block.all()[i];
        importers::Fact fact = fact_of(block, row, feed);
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

importers::BlockCounts write_orders(db::Transaction& tx, OrderBlock& block, const OrderFacts& feed,
                                    const KnownMerchants& merchants, std::int64_t batch_id) {
    importers::BlockCounts counts;
    count_dates(block, counts);
    name_rows(tx, block, batch_id);
    const std::vector<bool> dropped = Known(block, counts).sort_out(tx, feed);
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
    const auto ids = importers::take_payment_ids(tx, counts.inserted);
    copy_guards(tx, block, feed, batch_id, dropped);
    copy_raw(tx, block, batch_id, dropped);
    copy_payments(tx, block, feed, merchants, batch_id, dropped, ids);
    if (!feed.ruleset.empty())
        copy_facts(tx, block, feed, batch_id, dropped, ids);
    return counts;
}

} // namespace harmonia::screen
