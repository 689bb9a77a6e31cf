// What must not be stored of a record that may bring card data: the number of the card, and what
// proves that it is at hand (security codes, track and PIN data), which nobody may keep at all (PCI
// DSS 3.3.1).
#pragma once

#include "importers/record.hpp"

#include <string>
#include <string_view>

namespace harmonia::importers {

/// Whether a column or member of that name holds such proof: `cvv`, `CVC2`, `card_security_code`,
/// `track2`, `pin_block` … whatever its case and separators.
[[nodiscard]] bool is_security_field(std::string_view name);

/// A card number's cell as it may be shown: `411111******1111`; stars for every digit of a text
/// that is no number of 12 to 19 digits.
[[nodiscard]] std::string shown_number(std::string_view text);

/// Appends `text` as the redactor shows it.
void append_redacted(std::string& out, std::string_view text);

[[nodiscard]] std::string without_digits(std::string_view text);

/// A JSON text, well formed or not: members named as security fields become null, members named as
/// one of `cards.numbers` (the last part of its path) are masked, and the rest passes the redactor.
[[nodiscard]] Storable storable_json(std::string_view record, const CardFields& cards,
                                     expr::Arena& arena);

/// The same Problem with `code` in front: its own code goes into the detail.
[[nodiscard]] Problem coded(const char* code, Problem problem);

/// `inner` with every Problem coded.
[[nodiscard]] std::unique_ptr<Cutter> coded_cutter(std::unique_ptr<Cutter> inner, const char* code);

} // namespace harmonia::importers
