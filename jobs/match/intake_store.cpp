#include "core/time/civil.hpp"
#include "importers/facts.hpp"
#include "jobs/match/intake_block.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_set>

namespace harmonia::match {

namespace {

using importers::FeedType;

void instant(db::CopyIn& copy, std::int64_t us) {
    std::array<char, time::k_time_text_max> text;
    copy.field(std::string_view(text.data(), time::print_utc(us, text.data())));
}

void nullable(db::CopyIn& copy, const IntakeBlock& block, Slice slice) {
    if (slice.null())
        copy.null();
    else
        copy.field(block.text(slice));
}

/// Marks rows whose text is among the found ones; returns how many.
std::uint64_t mark_found(const db::Result& found, const IntakeBlock& block,
                         std::vector<bool>& dropped, auto&& concerned) {
    if (found.empty())
        return 0;
    std::unordered_set<std::string_view> texts;
    for (std::size_t i = 0; i < found.size(); ++i)
        texts.insert(found.text(i, 0));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const IntakeRow& row = block.all()[i];
        if (dropped[i] || !concerned(row) || !texts.contains(block.text(row.transaction_id)))
            continue;
        dropped[i] = true;
        ++count;
    }
    return count;
}

/// Ids that the guard knows. One array, hence one walk over the primary key's index: a temporary
/// table would cost catalog work a block and leave the plan to guesses about its size.
void drop_guarded(db::Transaction& tx, const IntakeBlock& block, const FeedFacts& feed,
                  std::vector<bool>& dropped) {
    std::vector<std::string> ids;
    ids.reserve(block.rows());
    for (std::size_t i = 0; i < block.rows(); ++i)
        if (!dropped[i])
            ids.emplace_back(block.text(block.all()[i].transaction_id));
    const db::Result found =
        tx.exec("SELECT transaction_id FROM harmonia.import_transaction "
                "WHERE provider_slug = $1 AND feed_type = $2::harmonia.feed_type "
                "AND transaction_id = ANY($3::text[])",
                feed.provider, importers::feed_type_name(feed.type), ids);
    mark_found(found, block, dropped, [](const IntakeRow&) { return true; });
}

void copy_guards(db::Transaction& tx, const IntakeBlock& block, const FeedFacts& feed,
                 std::int64_t batch_id, const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_transaction",
                    {"provider_slug", "feed_type", "transaction_id", "batch_id", "record_no",
                     "identified", "stored"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const IntakeRow& row = block.all()[i];
        copy.field(feed.provider).field(std::string_view(importers::feed_type_name(feed.type)));
        copy.field(block.text(row.transaction_id)).field(static_cast<long long>(batch_id));
        copy.field(static_cast<long long>(row.record_no)).field(row.identified).field(row.stored);
        copy.end_row();
    }
    copy.finish();
}

void copy_raw(db::Transaction& tx, const IntakeBlock& block, std::int64_t batch_id,
              const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.import_record", {"batch_id", "record_no", "byte_offset", "raw"});
    for (std::size_t i = 0; i < block.rows(); ++i) {
        if (dropped[i])
            continue;
        const IntakeRow& row = block.all()[i];
        copy.field(static_cast<long long>(batch_id)).field(static_cast<long long>(row.record_no));
        copy.field(static_cast<long long>(row.byte_offset)).field(block.text(row.raw));
        copy.end_row();
    }
    copy.finish();
}

std::optional<std::string_view> text_of(const IntakeBlock& block, Slice slice) {
    return slice.null() ? std::nullopt : std::optional(block.text(slice));
}

importers::Payment payment_of(const IntakeBlock& block, const IntakeRow& row, const FeedFacts& feed,
                              std::int64_t batch_id) {
    importers::Payment payment;
    payment.provider = block.text(row.network);
    payment.feed_type = importers::feed_type_name(feed.type);
    payment.transaction_id = block.text(row.transaction_id);
    payment.merchant = block.text(row.merchant);
    payment.identifier_ids = block.text(row.ids);
    payment.mid = block.text(row.mid);
    payment.settlement_key = text_of(block, row.settlement_key);
    payment.date_us = row.date_us;
    payment.has_time = row.has_time;
    payment.amount = row.amount;
    payment.multiplier = row.multiplier;
    payment.currency = block.text(row.currency);
    payment.card_token = block.text(row.card_token);
    payment.first_six = text_of(block, row.first_six);
    payment.last_four = text_of(block, row.last_four);
    payment.auth_code = block.text(row.auth_code);
    payment.approval_code = block.text(row.approval_code);
    payment.extra_fields = block.text(row.extra_fields);
    payment.batch_id = row.batch_id != 0 ? row.batch_id : batch_id;
    payment.record_no = static_cast<std::int64_t>(row.record_no);
    payment.screen = feed.ruleset.empty() ? "NONE" : "HELD";
    return payment;
}

/// What rules may read of a payment of a card network: it says nothing but this.
importers::Fact fact_of(const importers::Payment& payment, const FeedFacts& feed) {
    importers::Fact fact;
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

void copy_facts(db::Transaction& tx, const std::vector<importers::Payment>& payments,
                const FeedFacts& feed) {
    std::vector<importers::CardRef> cards;
    for (const importers::Payment& payment : payments)
        if (!payment.card_token.empty())
            cards.push_back(importers::card_of_token(payment.provider, payment.card_token));
    const std::vector<std::int64_t> ids = importers::store_cards(tx, cards);
    importers::FactCopy copy(tx);
    std::size_t next = 0;
    for (const importers::Payment& payment : payments) {
        importers::Fact fact = fact_of(payment, feed);
        if (!payment.card_token.empty())
            fact.card_id = ids[next++];
        copy.add(fact);
    }
    copy.finish();
}

void copy_payments(db::Transaction& tx, const IntakeBlock& block, const FeedFacts& feed,
                   std::int64_t batch_id, const std::vector<bool>& dropped) {
    const bool held = !feed.ruleset.empty();
    std::vector<importers::Payment> payments;
    for (std::size_t i = 0; i < block.rows(); ++i)
        if (!dropped[i] && block.all()[i].stored)
            payments.push_back(payment_of(block, block.all()[i], feed, batch_id));
    if (held) {
        const auto ids = importers::take_payment_ids(tx, payments.size());
        for (std::size_t i = 0; i < payments.size(); ++i)
            payments[i].id = ids[i];
    }
    {
        importers::PaymentCopy copy(tx, held);
        for (const importers::Payment& payment : payments)
            copy.add(payment);
        copy.finish();
    }
    if (held)
        copy_facts(tx, payments, feed);
}

void copy_scheme_rows(db::Transaction& tx, const IntakeBlock& block, std::int64_t batch_id,
                      const std::vector<bool>& dropped) {
    db::CopyIn copy(tx, "harmonia.scheme_transaction",
                    {"provider_slug", "transaction_id", "payment_provider_slug",
                     "merchant_identifier_ids", "mids", "transaction_date", "has_time",
                     "spend_amount", "spend_multiplier", "spend_currency", "points_amount",
                     "points_multiplier", "first_six", "last_four", "auth_code", "extra_fields",
                     "batch_id", "record_no"});
    const auto number = [&copy](const std::optional<std::int64_t>& value) {
        if (value)
            copy.field(static_cast<long long>(*value));
        else
            copy.null();
    };
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const IntakeRow& row = block.all()[i];
        if (dropped[i] || !row.stored)
            continue;
        copy.field(block.text(row.merchant)).field(block.text(row.transaction_id));
        copy.field(block.text(row.network)).field(block.text(row.ids));
        copy.field(block.text(row.mids));
        instant(copy, row.date_us);
        copy.field(row.has_time).field(static_cast<long long>(row.amount));
        copy.field(static_cast<long long>(row.multiplier)).field(block.text(row.currency));
        number(row.points);
        number(row.points_multiplier);
        nullable(copy, block, row.first_six);
        nullable(copy, block, row.last_four);
        copy.field(block.text(row.auth_code)).field(block.text(row.extra_fields));
        copy.field(static_cast<long long>(row.batch_id ? row.batch_id : batch_id));
        copy.field(static_cast<long long>(row.record_no));
        copy.end_row();
    }
    copy.finish();
}

/// In key order, so that two imports that meet the same unknown identifiers cannot lock each other
/// out.
void note_missing(db::Transaction& tx, const IntakeBlock& block, const std::vector<bool>& dropped) {
    std::map<std::array<std::string_view, 4>, bool> found; // PRIMARY KEY order
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const IntakeRow& row = block.all()[i];
        if (dropped[i] || row.identified)
            continue;
        for (std::uint32_t m = row.missing; m < row.missing + row.missing_count; ++m) {
            const MissingSlice& missing = block.missing()[m];
            found[{block.text(missing.identifier), block.text(missing.kind),
                   block.text(missing.network), block.text(missing.merchant)}] = true;
        }
    }
    if (found.empty())
        return;
    std::array<std::vector<std::string>, 4> columns;
    for (const auto& [key, unused] : found)
        for (std::size_t c = 0; c < key.size(); ++c)
            columns[c].emplace_back(key[c]);
    tx.exec("INSERT INTO harmonia.unknown_identifier AS u (identifier, kind, network, merchant) "
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) "
            "ON CONFLICT (identifier, kind, network, merchant) DO UPDATE SET last_seen = now() "
            "WHERE u.last_seen < now() - interval '1 day'",
            columns[0], columns[1], columns[2], columns[3]);
}

void count_dates(const IntakeBlock& block, importers::BlockCounts& counts) {
    for (const IntakeRow& row : block.all()) {
        counts.date_from_us = std::min(counts.date_from_us.value_or(row.date_us), row.date_us);
        counts.date_to_us = std::max(counts.date_to_us.value_or(row.date_us), row.date_us);
    }
}

} // namespace

std::uint64_t drop_known_transactions(db::Transaction& tx, const IntakeBlock& block,
                                      const FeedFacts& feed, std::vector<bool>& dropped) {
    const bool merchant_side = feed.type == FeedType::merchant;
    const auto owner = [&](const IntakeRow& row) {
        return block.text(merchant_side ? row.merchant : row.network);
    };
    std::map<std::string, std::vector<std::string>, std::less<>> foreign;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const IntakeRow& row = block.all()[i];
        if (dropped[i] || !row.stored || owner(row) == feed.provider)
            continue;
        foreign[std::string(owner(row))].emplace_back(block.text(row.transaction_id));
    }
    std::uint64_t count = 0;
    for (const auto& [slug, ids] : foreign) {
        const db::Result found =
            merchant_side
                ? tx.exec("SELECT transaction_id FROM harmonia.scheme_transaction "
                          "WHERE provider_slug = $1 AND transaction_id = ANY($2::text[])",
                          slug, ids)
                : tx.exec("SELECT transaction_id FROM harmonia.payment_transaction "
                          "WHERE provider_slug = $1 AND feed_type = $3::harmonia.feed_type "
                          "AND transaction_id = ANY($2::text[]) AND promoted_at IS NULL",
                          slug, ids, importers::feed_type_name(feed.type));
        count += mark_found(found, block, dropped,
                            [&](const IntakeRow& row) { return row.stored && owner(row) == slug; });
    }
    return count;
}

void copy_transactions(db::Transaction& tx, const IntakeBlock& block, const FeedFacts& feed,
                       std::int64_t batch_id, const std::vector<bool>& dropped) {
    if (feed.type == FeedType::merchant)
        copy_scheme_rows(tx, block, batch_id, dropped);
    else
        copy_payments(tx, block, feed, batch_id, dropped);
}

importers::BlockCounts write_block(db::Transaction& tx, const IntakeBlock& block,
                                   const FeedFacts& feed, std::int64_t batch_id) {
    importers::BlockCounts counts;
    count_dates(block, counts);
    std::vector<bool> dropped(block.rows(), false);
    block.mark_twins(dropped);
    drop_guarded(tx, block, feed, dropped);
    drop_known_transactions(tx, block, feed, dropped);
    for (std::size_t i = 0; i < block.rows(); ++i) {
        counts.duplicates += dropped[i] ? 1U : 0U;
        counts.inserted += dropped[i] ? 0U : 1U;
        counts.unidentified += !dropped[i] && !block.all()[i].identified ? 1U : 0U;
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
