// The one redactor: what every output passes that shows texts of records (logs, rejects, alerts,
// dead letters, explanations).
//
// A run of 12 to 19 digits, single blanks or hyphens between its groups, that passes Luhn's check
// is shown as its first digits, stars and its last four. Ids and times that the program writes
// itself are not texts of records: they do not pass here (one 13-digit id in ten would look like a
// card).
#pragma once

#include <string>
#include <string_view>

namespace harmonia::card {

[[nodiscard]] std::string redact(std::string_view text);

/// The same, and every run that is `own` (the digits of the record's own card number), check digit
/// right or wrong.
[[nodiscard]] std::string redact(std::string_view text, std::string_view own);

/// Whether redact() would change it; cheap where there are no twelve digits.
[[nodiscard]] bool shows_card(std::string_view text);

} // namespace harmonia::card
