// The parts of a record with card data that must not be stored: the card number, and sensitive
// authentication data (security codes, track and PIN data; PCI DSS 3.3.1).
#pragma once

#include "importers/source/record.hpp"

#include <string>
#include <string_view>

namespace harmonia::importers {

/// Whether a column or member of that name holds authentication data: `cvv`, `CVC2`,
/// `card_security_code`, `track2`, `pin_block` …, in any case and with any separators.
[[nodiscard]] bool is_security_field(std::string_view name);

/// A card number as it may be shown: `411111******1111`; of a text that is not a number of 12 to 19
/// digits every digit is a star.
[[nodiscard]] std::string shown_number(std::string_view text);

/// Appends `text` as card::redact() shows it.
void append_redacted(std::string& out, std::string_view text);

[[nodiscard]] std::string without_digits(std::string_view text);

/// A JSON text, well formed or not: security fields become null, members named as one of
/// `cards.numbers` (the last part of its path) are masked, and the rest is redacted.
[[nodiscard]] Storable storable_json(std::string_view record, const CardFields& cards,
                                     expr::Arena& arena);

/// The same Problem with the code `code`; its own code moves into the detail.
[[nodiscard]] Problem coded(const char* code, Problem problem);

/// `inner`, with coded() applied to every Problem.
[[nodiscard]] std::unique_ptr<RecordReader> coded_reader(std::unique_ptr<RecordReader> inner,
                                                         const char* code);

} // namespace harmonia::importers
