// Checks merchant identifiers, typed or from files.
#pragma once

#include "core/base/expected.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::mids {

/// What makes an identifier unique.
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

/// Converts the type to upper case and checks everything: types by name, slugs (lower-case letters,
/// digits, single hyphens), lengths of texts (docs/formats/identifiers.md).
/// Problem.code: identifier, identifier_type, slug, too_long; its detail names the value.
[[nodiscard]] Expected<void> check(Key& key);
[[nodiscard]] Expected<void> check(Identifier& identifier);

/// A checked identifier file: each identifier once, in the order of the file.
struct IdentifierFile {
    std::vector<Identifier> added; ///< rows with action A; of equal keys the first
    std::vector<Key> deleted;      ///< rows with action D
    std::uint64_t rows = 0;        ///< all records of the file
};

/// Reads a whole file: no header, ten columns (docs/formats/identifiers.md). Rows with an action
/// other than A and D need ten columns and are ignored. Problem: the file is refused; its detail
/// begins with the line and has at most 250 characters.
[[nodiscard]] Expected<IdentifierFile> parse_file(std::string_view text);

} // namespace harmonia::mids
