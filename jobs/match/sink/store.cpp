// Writes a block of the sink `transactions`: drops what is known, then guards, raw forms, payments
// or scheme rows, and missing identifiers.
#include "core/payments/card_ref.hpp"
#include "core/payments/fact_row.hpp"
#include "core/payments/payment_row.hpp"
#include "jobs/match/sink/block.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_set>

namespace harmonia::match {

namespace {

using importers::FeedType;

/// Marks rows whose id is among the found ones (one column); returns how many.
std::uint64_t mark_found(const db::Result& found, const TransactionBlock& block,
                         std::vector<bool>& dropped, auto&& applies) {
    if (found.empty())
        return 0;
    std::unordered_set<std::string_view> ids;
    for (std::size_t i = 0; i < found.size(); ++i)
        ids.insert(found.text(i, 0));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const RowView row = block.row(i);
        if (dropped[i] || !applies(row) || !ids.contains(row.transaction_id()))
            continue;
        dropped[i] = true;
        ++count;
    }
    return count;
}

/// Ids that the guard knows. One array, hence one walk over the primary key's index: a temporary
/// table would cost catalog work a block and leave the plan to guesses about its size.
void drop_guarded(db::Transaction& tx, const TransactionBlock& block, const FeedFacts& feed,
                  std::vector<bool>& dropped) {
    db::ArrayText ids;
    for (std::size_t i = 0; i < block.rows(); ++i)
        if (!dropped[i])
            ids.add(block.row(i).transaction_id());
    const db::Result found = tx.exec(R"(
        SELECT transaction_id
        FROM harmonia.import_transaction
        WHERE provider_slug = $1 AND feed_type = $2::harmonia.feed_type
          AND transaction_id = ANY($3::text[]))",
                                     feed.provider, importers::feed_type_name(feed.type), ids);
    mark_found(found, block, dropped, [](const RowView&) { return true; });
}

void copy_guards(db::Transaction& tx, const TransactionBlock& block, const FeedFacts& feed,
                 std::int64_t batch_id, const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_transaction",
                    {"provider_slug", "feed_type", "transaction_id", "batch_id", "record_no",
                     "identified", "stored"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const RowView row = block.row(i);
        copy.field(feed.provider).field(importers::feed_type_name(feed.type));
        copy.field(row.transaction_id()).field(batch_id).field(row->record_no);
        copy.field(row->identified).field(row->stored);
        copy.end_row();
    }
    copy.finish();
}

void copy_raw(db::Transaction& tx, const TransactionBlock& block, std::int64_t batch_id,
              const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_record", {"batch_id", "record_no", "byte_offset", "raw"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const RowView row = block.row(i);
        copy.field(batch_id).field(row->record_no).field(row->byte_offset).field(row.raw());
        copy.end_row();
    }
    copy.finish();
}

/// `batch_id`: of rows that have none of their own.
payments::PaymentRow payment_of(const RowView& row, const FeedFacts& feed, std::int64_t batch_id) {
    payments::PaymentRow payment;
    payment.provider = row.network();
    payment.feed_type = importers::feed_type_name(feed.type);
    payment.transaction_id = row.transaction_id();
    payment.merchant = row.merchant();
    payment.identifier_ids = row.ids();
    payment.mid = row.mid();
    payment.settlement_key = row.settlement_key();
    payment.date_us = row->date_us;
    payment.has_time = row->has_time;
    payment.amount = row->amount;
    payment.multiplier = row->multiplier;
    payment.currency = row.currency();
    payment.card_token = row.card_token();
    payment.first_six = row.first_six();
    payment.last_four = row.last_four();
    payment.auth_code = row.auth_code();
    payment.approval_code = row.approval_code();
    payment.extra_fields = row.extra_fields();
    payment.batch_id = row->batch_id != 0 ? row->batch_id : batch_id;
    payment.record_no = static_cast<std::int64_t>(row->record_no);
    payment.screen = feed.ruleset.empty() ? "NONE" : "HELD";
    return payment;
}

/// What rules may read of a card network's payment: all that it says.
payments::FactRow fact_of(const payments::PaymentRow& payment, const FeedFacts& feed) {
    payments::FactRow fact;
    fact.payment_id = payment.id;
    fact.source = payment.provider;
    fact.feed_type = payment.feed_type;
    fact.external_id = payment.transaction_id;
    fact.batch_id = payment.batch_id;
    fact.ruleset = feed.ruleset;
    fact.event_us = payment.date_us;
    fact.kind = feed.type == FeedType::refund ? "refund" : "purchase";
    fact.method = "card";
    fact.amount = payment.amount < 0 ? -payment.amount : payment.amount;
    fact.currency = payment.currency;
    fact.merchant = payment.merchant;
    return fact;
}

/// The rows that get a payment, and what all of them share.
struct NewPayments {
    const FeedFacts& feed;
    std::int64_t batch_id;
    std::vector<RowView> rows;
    std::vector<std::int64_t> ids; ///< of each row, where a rule set must approve it

    [[nodiscard]] payments::PaymentRow at(std::size_t i) const {
        payments::PaymentRow payment = payment_of(rows[i], feed, batch_id);
        payment.id = ids.empty() ? 0 : ids[i];
        return payment;
    }
};

void copy_facts(db::Transaction& tx, const NewPayments& fresh) {
    std::vector<payments::CardRef> cards;
    for (std::size_t i = 0; i < fresh.rows.size(); ++i)
        if (const auto payment = fresh.at(i); !payment.card_token.empty())
            cards.push_back(payments::card_of_token(payment.provider, payment.card_token));
    const std::vector<std::int64_t> card_ids = payments::store_cards(tx, cards);
    payments::FactCopy copy(tx);
    std::size_t next = 0;
    for (std::size_t i = 0; i < fresh.rows.size(); ++i) {
        const auto payment = fresh.at(i);
        payments::FactRow fact = fact_of(payment, fresh.feed);
        if (!payment.card_token.empty())
            fact.card_id = card_ids[next++];
        copy.add(fact);
    }
    copy.finish();
}

void copy_payments(db::Transaction& tx, const TransactionBlock& block, const FeedFacts& feed,
                   std::int64_t batch_id, const std::vector<bool>& dropped) {
    const bool held = !feed.ruleset.empty();
    NewPayments fresh{feed, batch_id, {}, {}};
    for (std::size_t i = 0; i < block.rows(); ++i)
        if (!dropped[i] && block.row(i)->stored)
            fresh.rows.push_back(block.row(i));
    if (held)
        fresh.ids = payments::take_payment_ids(tx, fresh.rows.size());
    {
        payments::PaymentCopy copy(tx, held);
        for (std::size_t i = 0; i < fresh.rows.size(); ++i)
            copy.add(fresh.at(i));
        copy.finish();
    }
    if (held)
        copy_facts(tx, fresh);
}

void copy_scheme_rows(db::Transaction& tx, const TransactionBlock& block, std::int64_t batch_id,
                      const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.scheme_transaction",
                    {"provider_slug", "transaction_id", "payment_provider_slug",
                     "merchant_identifier_ids", "mids", "transaction_date", "has_time",
                     "spend_amount", "spend_multiplier", "spend_currency", "points_amount",
                     "points_multiplier", "first_six", "last_four", "auth_code", "extra_fields",
                     "batch_id", "record_no"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const RowView row = block.row(i);
        if (dropped[i] || !row->stored)
            continue;
        copy.field(row.merchant()).field(row.transaction_id()).field(row.network());
        copy.field(row.ids()).field(row.mids()).field(db::Instant{row->date_us});
        copy.field(row->has_time).field(row->amount).field(row->multiplier).field(row.currency());
        copy.field(row->points).field(row->points_multiplier);
        copy.field(row.first_six()).field(row.last_four()).field(row.auth_code());
        copy.field(row.extra_fields()).field(row->batch_id != 0 ? row->batch_id : batch_id);
        copy.field(row->record_no);
        copy.end_row();
    }
    copy.finish();
}

/// In key order, so that two imports that meet the same unknown identifiers cannot lock each other
/// out.
void note_missing(db::Transaction& tx, const TransactionBlock& block,
                  const std::vector<bool>& dropped) {
    std::set<std::array<std::string_view, 4>> found; // PRIMARY KEY order
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const RowView row = block.row(i);
        if (dropped[i] || row->identified)
            continue;
        for (std::uint32_t m = 0; m < row->missing_count; ++m) {
            const UnknownIdentifier missing = row.missing(m);
            found.insert({missing.identifier, missing.kind, missing.network, missing.merchant});
        }
    }
    if (found.empty())
        return;
    std::array<db::ArrayText, 4> columns;
    for (const auto& key : found)
        for (std::size_t c = 0; c < key.size(); ++c)
            columns[c].add(key[c]);
    tx.exec(R"(
        INSERT INTO harmonia.unknown_identifier AS u (identifier, kind, network, merchant)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
        ON CONFLICT (identifier, kind, network, merchant) DO UPDATE SET last_seen = now()
            WHERE u.last_seen < now() - interval '1 day')",
            columns[0], columns[1], columns[2], columns[3]);
}

void count_dates(const TransactionBlock& block, importers::BlockCounts& counts) {
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const std::int64_t date_us = block.row(i)->date_us;
        counts.date_from_us = std::min(counts.date_from_us.value_or(date_us), date_us);
        counts.date_to_us = std::max(counts.date_to_us.value_or(date_us), date_us);
    }
}

constexpr const char* k_known_schemes = R"(
    SELECT transaction_id
    FROM harmonia.scheme_transaction
    WHERE provider_slug = $1 AND transaction_id = ANY($2::text[]))";

constexpr const char* k_known_payments = R"(
    SELECT transaction_id
    FROM harmonia.payment_transaction
    WHERE provider_slug = $1 AND feed_type = $3::harmonia.feed_type
      AND transaction_id = ANY($2::text[]) AND promoted_at IS NULL)";

} // namespace

std::uint64_t drop_known_transactions(db::Transaction& tx, const TransactionBlock& block,
                                      const FeedFacts& feed, std::vector<bool>& dropped) {
    const bool merchant_side = feed.type == FeedType::merchant;
    const auto owner = [&](const RowView& row) {
        return merchant_side ? row.merchant() : row.network();
    };
    std::map<std::string, db::ArrayText, std::less<>> foreign; // slug → transaction ids
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const RowView row = block.row(i);
        if (!dropped[i] && row->stored && owner(row) != feed.provider)
            foreign[std::string(owner(row))].add(row.transaction_id());
    }
    std::uint64_t count = 0;
    for (const auto& [slug, ids] : foreign) {
        const db::Result found = merchant_side ? tx.exec(k_known_schemes, slug, ids)
                                               : tx.exec(k_known_payments, slug, ids,
                                                         importers::feed_type_name(feed.type));
        count += mark_found(found, block, dropped,
                            [&](const RowView& row) { return row->stored && owner(row) == slug; });
    }
    return count;
}

void copy_transactions(db::Transaction& tx, const TransactionBlock& block, const FeedFacts& feed,
                       std::int64_t batch_id, const std::vector<bool>& dropped) {
    if (feed.type == FeedType::merchant)
        copy_scheme_rows(tx, block, batch_id, dropped);
    else
        copy_payments(tx, block, feed, batch_id, dropped);
}

importers::BlockCounts write_block(db::Transaction& tx, const TransactionBlock& block,
                                   const FeedFacts& feed, std::int64_t batch_id) {
    importers::BlockCounts counts;
    count_dates(block, counts);
    std::vector<bool> dropped(block.rows(), false);
    block.mark_repeated(dropped);
    drop_guarded(tx, block, feed, dropped);
    drop_known_transactions(tx, block, feed, dropped);
    for (std::size_t i = 0; i < block.rows(); ++i) {
        counts.duplicates += dropped[i] ? 1U : 0U;
        counts.inserted += dropped[i] ? 0U : 1U;
        counts.unidentified += !dropped[i] && !block.row(i)->identified ? 1U : 0U;
    }
    if (counts.inserted == 0)
        return counts;
    copy_guards(tx, block, feed, batch_id, dropped);
    copy_raw(tx, block, batch_id, dropped);
    copy_transactions(tx, block, feed, batch_id, dropped);
    note_missing(tx, block, dropped);
    return counts;
}

} // namespace harmonia::match
