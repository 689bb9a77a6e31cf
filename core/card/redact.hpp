// The only redactor: every output that shows texts of records (logs, rejects, alerts, dead letters,
// explanations) passes through it.
//
// A run of 12 to 19 digits, with single blanks or hyphens between groups, that passes Luhn's check
// is shown as its first digits, stars and its last four. Ids and times that the program writes
// itself are not redacted: one 13-digit id in ten would look like a card.
#pragma once

#include <string>
#include <string_view>

namespace harmonia::card {

[[nodiscard]] std::string redact(std::string_view text);

/// Also redacts every run equal to `own` (the digits of the record's own card number), whether its
/// check digit is right or wrong.
[[nodiscard]] std::string redact(std::string_view text, std::string_view own);

/// Whether redact() would change it; cheap where there are no twelve digits.
[[nodiscard]] bool shows_card(std::string_view text);

} // namespace harmonia::card
