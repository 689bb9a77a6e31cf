#include "jobs/match/sink/references.hpp"

#include "core/base/error.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace harmonia::match {

namespace {

constexpr std::array<std::string_view, 3> k_kinds = {"PRIMARY", "SECONDARY", "PSIMI"};

IdentifierKind kind_of(std::string_view name) {
    const auto at = std::find(k_kinds.begin(), k_kinds.end(), name);
    if (at == k_kinds.end())
        throw Error(Exit::internal, "unknown identifier type " + std::string(name));
    return static_cast<IdentifierKind>(at - k_kinds.begin());
}

/// Three texts as one key; the separator is a control character, which none of them may contain.
void make_key(std::string& key, std::string_view a, std::string_view b, std::string_view c) {
    key.assign(a).append(1, '\x1f').append(b).append(1, '\x1f').append(c);
}

} // namespace

References::References(std::vector<MerchantIdentifier> identifiers)
    : rows_(std::move(identifiers)) {
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) {
        return std::tie(a.network, a.text, a.kind) < std::tie(b.network, b.text, b.kind);
    });
    std::string key;
    for (std::uint32_t i = 0; i < rows_.size(); ++i) {
        const MerchantIdentifier& row = rows_[i];
        make_key(key, row.network, k_kinds[static_cast<std::size_t>(row.kind)], row.text);
        by_text_[key].push_back(i);
        by_id_[row.id] = i;
        if (row.location.empty() || row.kind != IdentifierKind::primary)
            continue;
        make_key(key, row.merchant, row.network, row.location);
        by_location_[key].push_back(i);
        make_key(key, row.merchant, "", row.location);
        by_location_[key].push_back(i);
    }
}

std::shared_ptr<const References> References::load(db::Transaction& tx) {
    const db::Result found = tx.exec(R"(
        SELECT m.id, m.identifier, m.identifier_type, s.slug AS merchant, p.slug AS network,
               coalesce(m.location_id, '') AS location
        FROM harmonia.merchant_identifier m
        JOIN harmonia.loyalty_scheme s ON s.id = m.loyalty_scheme_id
        JOIN harmonia.payment_provider p ON p.id = m.payment_provider_id)");
    std::vector<MerchantIdentifier> rows;
    rows.reserve(found.size());
    for (const db::Row row : found)
        rows.push_back({row.integer("id"), std::string(row.text("identifier")),
                        kind_of(row.text("identifier_type")), std::string(row.text("merchant")),
                        std::string(row.text("network")), std::string(row.text("location"))});
    return std::make_shared<References>(std::move(rows));
}

std::span<const std::uint32_t> References::find(std::string_view network, IdentifierKind kind,
                                                std::string_view text) const {
    thread_local std::string key; // a look-up a record: no allocation
    make_key(key, network, k_kinds[static_cast<std::size_t>(kind)], text);
    const auto at = by_text_.find(std::string_view(key));
    return at == by_text_.end() ? std::span<const std::uint32_t>() : at->second;
}

const MerchantIdentifier* References::find_id(std::int64_t id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : &rows_[at->second];
}

std::vector<const MerchantIdentifier*> References::at_location(std::string_view merchant,
                                                               std::string_view network,
                                                               std::string_view location) const {
    thread_local std::string key;
    make_key(key, merchant, network, location);
    std::vector<const MerchantIdentifier*> found;
    const auto at = by_location_.find(std::string_view(key));
    if (at == by_location_.end())
        return found;
    for (const std::uint32_t i : at->second)
        found.push_back(&rows_[i]);
    return found;
}

namespace {

void forget(Owner& owner) {
    owner.known = false;
    owner.merchant = owner.network = owner.mid = {};
    owner.ids.clear();
    owner.mids.clear();
    owner.missing.clear();
}

std::array<std::string_view, 3> texts_of(const importers::Identifiers& identifiers) {
    return {identifiers.primary, identifiers.secondary, identifiers.psimi};
}

/// The best kind present decides; a worse one is not even compared.
std::span<const std::uint32_t> best(const References& references, std::string_view network,
                                    const importers::Identifiers& identifiers) {
    const auto texts = texts_of(identifiers);
    for (std::size_t kind = 0; kind < texts.size(); ++kind) {
        if (texts[kind].empty())
            continue;
        const auto rows = references.find(network, static_cast<IdentifierKind>(kind), texts[kind]);
        if (!rows.empty())
            return rows;
    }
    return {};
}

Expected<void> identify_payment(const References& references, const importers::MappedRecord& record,
                                Owner& owner) {
    owner.network = record.payment_provider;
    owner.mid = record.identifiers.primary;
    for (const std::uint32_t place : best(references, owner.network, record.identifiers)) {
        const MerchantIdentifier& row = references.row(place);
        if (owner.known && owner.merchant != row.merchant)
            return bad("ambiguous_mid", "",
                       row.text + " belongs to " + std::string(owner.merchant) + " and to " +
                           row.merchant);
        owner.known = true;
        owner.merchant = row.merchant;
        owner.ids.push_back(row.id);
    }
    if (owner.known)
        return {};
    const auto texts = texts_of(record.identifiers);
    for (std::size_t kind = 0; kind < texts.size(); ++kind)
        if (!texts[kind].empty())
            owner.missing.push_back({owner.network, k_kinds[kind], texts[kind], ""});
    return {};
}

void identify_merchant_row(const References& references, std::string_view merchant,
                           const importers::MappedRecord& record, Owner& owner) {
    owner.network = record.payment_provider;
    owner.merchant = merchant;
    const bool has_location = record.location && !record.location->empty();
    if (has_location) {
        for (const auto* row : references.at_location(merchant, owner.network, *record.location)) {
            owner.ids.push_back(row->id);
            owner.mids.push_back(row->text);
        }
    }
    if (owner.mids.empty())
        for (const std::string_view mid : record.mids)
            if (!mid.empty())
                owner.mids.push_back(mid);
    owner.known = !owner.mids.empty();
    if (!owner.known && has_location)
        owner.missing.push_back({owner.network, "LOCATION", *record.location, merchant});
}

void identify_by_id(const References& references, std::int64_t id, Owner& owner) {
    const auto* row = references.find_id(id);
    if (row == nullptr) {
        owner.id_text = std::to_string(id);
        owner.missing.push_back({"", "ID", owner.id_text, ""});
        return;
    }
    owner.known = true;
    owner.merchant = row->merchant;
    owner.network = row->network;
    owner.mid = row->text;
    owner.ids.push_back(row->id);
    owner.mids.push_back(row->text);
}

} // namespace

Expected<void> identify(const References& references, std::string_view provider,
                        importers::FeedType type, const importers::MappedRecord& record,
                        Owner& owner) {
    forget(owner);
    if (record.merchant_identifier_id)
        identify_by_id(references, *record.merchant_identifier_id, owner);
    else if (type == importers::FeedType::merchant)
        identify_merchant_row(references, provider, record, owner);
    else
        return identify_payment(references, record, owner);
    return {};
}

std::string_view merchant_of(const References& references, std::string_view network,
                             const importers::Identifiers& identifiers) {
    const auto rows = best(references, network, identifiers);
    return rows.empty() ? std::string_view() : references.row(rows.front()).merchant;
}

} // namespace harmonia::match
