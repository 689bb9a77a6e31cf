// Small string helpers that the standard library lacks. ASCII only unless noted; never
// locale-dependent. UTF-8 is utfcpp's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia {

[[nodiscard]] std::string_view trim(std::string_view text); ///< blanks, tabs, CR, LF
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

/// The whole string as a decimal integer with an optional sign; empty for anything else or
/// overflow.
[[nodiscard]] std::optional<long long> parse_int(std::string_view text);

/// Offset of the first byte that is not well-formed UTF-8 (RFC 3629), or npos. A NUL byte counts as
/// bad: PostgreSQL cannot store one.
[[nodiscard]] std::size_t find_bad_utf8(std::string_view text);

/// Code points; a byte that is not UTF-8 counts as one.
[[nodiscard]] std::size_t count_characters(std::string_view text);

/// Writes a code point (a Unicode scalar value) as UTF-8, at most four bytes; returns behind it.
char* write_utf8(char32_t character, char* to);

[[nodiscard]] std::string base64(std::string_view bytes); ///< with padding, on one line

/// `text` with each %XX decoded; empty when XX are not two hex digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// `text` with invalid UTF-8 bytes and control characters written as \xNN, cut to `limit` bytes;
/// safe to print or store.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 400);

/// `text` with each possible card number masked except its last four digits: a run of 12 to 19
/// digits, or groups of digits with single blanks or hyphens between them that pass Luhn's check or
/// are grouped as on a card. For unknown content; core/card/redact.hpp keeps other numbers.
[[nodiscard]] std::string mask_digits(std::string_view text);

/// The candidate nearest to `word` by edit distance, if it is near enough to suggest.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// Durations and sizes as in the configuration: `90s`, `15m`, `6h`, `60d`, `250ms`; `64MiB`,
/// `1GiB`. Plain numbers are refused.
[[nodiscard]] std::optional<long long> parse_duration_ms(std::string_view text);
[[nodiscard]] std::optional<long long> parse_size_bytes(std::string_view text);

} // namespace harmonia
