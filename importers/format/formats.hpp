// One factory per format; formats.cpp lists them by name for make_format().
#pragma once

#include "importers/source/record.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importers {

/// What a format is made from: its declaration, the feed's `fields:` and the names that its map
/// uses.
struct FormatSpec {
    config::Value format;
    const config::Value* fields = nullptr;
    const std::vector<std::string>& used;
    const CardFields* cards = nullptr; ///< null: its records hold no card data
};

/// `fields: {name: other}` as text, or the name itself where there is no entry.
[[nodiscard]] std::string title_of(const FormatSpec& spec, const std::string& name);

[[nodiscard]] std::shared_ptr<const Format> make_csv(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_fixed(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_json(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_kvlines(const FormatSpec& spec);
/// One message body per line, without fields: for feeds whose sink reads the body itself.
[[nodiscard]] std::shared_ptr<const Format> make_message();
/// One body per line. One field, the unchanged body; the raw form has no card numbers and security
/// codes.
[[nodiscard]] std::shared_ptr<const Format> make_card_message();

} // namespace harmonia::importers
