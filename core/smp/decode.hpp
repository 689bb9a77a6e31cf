// From a message's properties and body to its value, strictly: what is accepted can be acted upon
// and stored; everything else is a Problem, for the dead-letter queue.
//
// A body is one JSON object in UTF-8. Unknown members are ignored, of repeated ones the last
// counts. Whole numbers have neither fraction nor exponent and must be in their field's range;
// reals are finite; strings hold no U+0000 and no lone surrogate. Nesting is at most k_depth_max.
//
// A date-time is `YYYY-M-D`, `T` or one blank, `H:M` with an optional `:S`, an optional fraction of
// 1 to 12 digits (truncated to microseconds) and an optional zone `Z`, `±HH`, `±HHMM`, `±HH:MM`;
// without a zone it is UTC. `ts` lies in the years 1970…9999. The moments that a message only
// refers to (final_interest_rate_ts, committed_at) may be as early as the year 1: they are
// compared, never added to.
//
// Problem codes: content_type, message_type (properties); utf8, json, depth (body); missing, kind,
// range, length, text, time, format (a field); type_mismatch, min_above_max, coordinator,
// other_agent (rules over several fields).
//
// Any thread.
#pragma once

#include "core/base/expected.hpp"
#include "core/smp/messages.hpp"

#include <optional>
#include <string_view>

namespace harmonia::smp {

/// Deeper nesting is refused, also in ignored members: no message has more than one level.
inline constexpr std::size_t k_depth_max = 64;

/// The properties of a delivery; an absent one is empty. Problem `content_type` unless that is
/// exactly `application/json`, `message_type` unless the type is one of those that can be decoded.
[[nodiscard]] std::optional<Problem> check_request_properties(std::string_view content_type,
                                                              std::string_view type);
[[nodiscard]] std::optional<Problem> check_chore_properties(std::string_view content_type,
                                                            std::string_view type);

/// `type` is the property, which the body's type must equal; when empty (a line of a file), the
/// body's counts. The rules of coordinator types are checked too: direct, issuing, and that an
/// agent transfers within its own subnet.
[[nodiscard]] Expected<Request> decode_request(std::string_view body, std::string_view type = {});
[[nodiscard]] Expected<Chore> decode_chore(std::string_view body, std::string_view type = {});

/// A date-time as above, from the year 1 on.
[[nodiscard]] std::optional<std::int64_t> parse_instant(std::string_view text);

} // namespace harmonia::smp
