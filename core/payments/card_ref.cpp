#include "core/payments/card_ref.hpp"

#include "core/base/check.hpp"
#include "core/base/hash.hpp"

#include <map>

namespace harmonia::payments {
namespace {

using CardKey = std::pair<int, std::string_view>;

/// Fills in the ids of cards that are stored; the others stay 0.
void find_cards(db::Transaction& tx, std::map<CardKey, std::int64_t>& cards) {
    db::ArrayText keys, hashes;
    std::vector<std::int64_t*> wanted;
    for (auto& [card, id] : cards)
        if (id == 0) {
            keys.add(card.first);
            hashes.add_bytes(card.second);
            wanted.push_back(&id);
        }
    if (wanted.empty())
        return;
    const db::Result found = tx.exec(R"(
        SELECT w.position, c.id
          FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS w(key_id, pan_hmac, position)
          JOIN screening.card_ref c USING (key_id, pan_hmac))",
                                     keys, hashes);
    for (const db::Row row : found) {
        const auto position = static_cast<std::size_t>(row.integer("position"));
        HARMONIA_CHECK(position >= 1 && position <= wanted.size());
        *wanted[position - 1] = row.integer("id");
    }
}

void insert_cards(db::Transaction& tx, const std::vector<const CardRef*>& cards) {
    db::ArrayText keys, hashes, first, last, brands, lengths, luhn;
    for (const CardRef* card : cards) {
        keys.add(card->key_id);
        hashes.add_bytes(card->hmac);
        first.add(card->first_n);
        last.add(card->last4);
        brands.add(card->brand);
        lengths.add(card->pan_length);
        luhn.add(card->luhn_holds);
    }
    tx.exec(R"(
        INSERT INTO screening.card_ref (key_id, pan_hmac, first_n, last4, brand, pan_len, luhn_ok)
        SELECT *
          FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[], $5::text[],
                      $6::smallint[], $7::boolean[])
            ON CONFLICT DO NOTHING)",
            keys, hashes, first, last, brands, lengths, luhn);
}

} // namespace

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

// In key order, so that two imports that meet the same new cards cannot deadlock.
std::vector<std::int64_t> store_cards(db::Transaction& tx, std::span<const CardRef> cards) {
    std::map<CardKey, std::int64_t> ids;
    std::map<CardKey, const CardRef*> sources;
    for (const CardRef& card : cards) {
        ids.emplace(CardKey{card.key_id, card.hmac}, 0);
        sources.emplace(CardKey{card.key_id, card.hmac}, &card);
    }
    find_cards(tx, ids);
    std::vector<const CardRef*> fresh;
    for (const auto& [key, id] : ids)
        if (id == 0)
            fresh.push_back(sources.at(key));
    if (!fresh.empty()) {
        insert_cards(tx, fresh);
        find_cards(tx, ids);
    }
    std::vector<std::int64_t> out;
    out.reserve(cards.size());
    for (const CardRef& card : cards)
        out.push_back(ids.at({card.key_id, card.hmac}));
    return out;
}

} // namespace harmonia::payments
