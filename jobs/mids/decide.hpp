// Merchant identifiers as people and files give them, checked.
#pragma once

#include "core/base/expected.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::mids {

/// What tells one identifier from all others.
struct Key {
    std::string provider;   ///< payment network's slug
    std::string type;       ///< PRIMARY, SECONDARY or PSIMI
    std::string identifier; ///< compared as text: leading zeros matter
};

struct Identifier {
    Key key;
    std::string scheme; ///< loyalty scheme (merchant) slug
    std::optional<std::string> location_id, merchant_internal_id;
    std::string location, postcode;
};

/// Brings the type to upper case and checks all: types by name, slugs lower-case letters, digits
/// and single hyphens, texts at most as long as their columns were (docs/formats/identifiers.md).
/// Problem.code: identifier, identifier_type, slug, too_long; its detail names the value.
[[nodiscard]] Expected<void> check(Key& key);
[[nodiscard]] Expected<void> check(Identifier& identifier);

/// One identifier file, decided: each identifier once, in the order of the file.
struct IdentifierFile {
    std::vector<Identifier> added; ///< rows with action A; of equal keys the first
    std::vector<Key> deleted;      ///< rows with action D
    std::uint64_t rows = 0;        ///< all records of the file
};

/// Reads a whole file: no header, ten columns (docs/formats/identifiers.md). Rows with another
/// action than A and D need ten columns and are left alone. Problem: the file is refused; detail
/// begins with the line and is at most 250 characters long.
[[nodiscard]] Expected<IdentifierFile> parse_file(std::string_view text);

} // namespace harmonia::mids
