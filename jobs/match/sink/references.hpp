// Merchant identifiers in memory, and which merchant a record belongs to.
#pragma once

#include "core/db/connection.hpp"
#include "importers/feed/feed.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::match {

/// In order of preference.
enum class IdentifierKind { primary, secondary, psimi };

struct MerchantIdentifier {
    std::int64_t id = 0;
    std::string text;
    IdentifierKind kind = IdentifierKind::primary;
    std::string merchant, network;
    std::string location; ///< empty: none
};

/// A snapshot of harmonia.merchant_identifier, or one made up by a test. Immutable; any thread.
class References {
public:
    [[nodiscard]] static std::shared_ptr<const References> load(db::Transaction& tx);
    explicit References(std::vector<MerchantIdentifier> identifiers);

    /// Places of the rows of that network, kind and text, for row(). The database has at most one.
    [[nodiscard]] std::span<const std::uint32_t> find(std::string_view network, IdentifierKind kind,
                                                      std::string_view text) const;
    [[nodiscard]] const MerchantIdentifier& row(std::uint32_t place) const { return rows_[place]; }
    [[nodiscard]] const MerchantIdentifier* find_id(std::int64_t id) const;
    /// PRIMARY rows of a merchant's store on one network ('' = all), ordered by network and text.
    [[nodiscard]] std::vector<const MerchantIdentifier*>
    at_location(std::string_view merchant, std::string_view network,
                std::string_view location) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Index =
        std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>>;
    std::vector<MerchantIdentifier> rows_;
    Index by_text_, by_location_;
    std::unordered_map<std::int64_t, std::uint32_t> by_id_;
};

/// An identifier that nobody has onboarded (a row of harmonia.unknown_identifier).
struct UnknownIdentifier {
    std::string_view network, kind, identifier, merchant;
};

/// Which merchant a record belongs to. Texts point into the record or the References.
struct Owner {
    bool known = false;
    std::string_view merchant, network;
    std::string_view mid;                   ///< payments: the primary text as it arrived
    std::vector<std::int64_t> ids;          ///< rows of the best kind found
    std::vector<std::string_view> mids;     ///< merchants
    std::vector<UnknownIdentifier> missing; ///< not known: what was looked for
    std::string id_text;                    ///< what a missing entry of kind ID points to
};

/// Fills `owner` for a record of a feed of that provider and type. Problem: `ambiguous_mid`.
[[nodiscard]] Expected<void> identify(const References& references, std::string_view provider,
                                      importers::FeedType type,
                                      const importers::MappedRecord& record, Owner& owner);

/// The merchant of a payment's identifiers alone, or "": needed before a map whose time zone
/// depends on it.
[[nodiscard]] std::string_view merchant_of(const References& references, std::string_view network,
                                           const importers::Identifiers& identifiers);

} // namespace harmonia::match
