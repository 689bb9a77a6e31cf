// The formats, one factory each; make_format() in formats.cpp lists them by name.
#pragma once

#include "importers/record.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importers {

/// What a format is made from: its declaration, the feed's `fields:` and the names its map uses.
struct FormatSpec {
    config::Value format;
    const config::Value* fields = nullptr;
    const std::vector<std::string>& used;
    const CardFields* cards = nullptr; ///< its records may bring card data
};

/// `fields: {name: other}` as text, or the name itself where there is no entry.
[[nodiscard]] std::string title_of(const FormatSpec& spec, const std::string& name);

[[nodiscard]] std::shared_ptr<const Format> make_csv(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_fixed(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_json(const FormatSpec& spec);
[[nodiscard]] std::shared_ptr<const Format> make_kvlines(const FormatSpec& spec);
/// Message bodies, one a line, without fields: for feeds whose sink reads them itself.
[[nodiscard]] std::shared_ptr<const Format> make_message();

} // namespace harmonia::importers
