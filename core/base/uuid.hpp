// UUIDs (RFC 9562): parsed, printed, and made from a name (version 5) or from the time (version 7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia {

using Uuid = std::array<std::uint8_t, 16>;

/// The 36-character form in either case; empty for anything else.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);
/// `2f0d7a2e-0f5e-5a2b-9f0e-0c1d2e3f4a5b`, lower case.
[[nodiscard]] std::string print_uuid(const Uuid& uuid);

/// Version 5: always the same for one name in one name space.
[[nodiscard]] Uuid uuid_v5(const Uuid& name_space, std::string_view name);
/// Version 7: increases with the time (microseconds since 1970, stored as milliseconds), the rest
/// is random. Error(failure) when the system provides no random bytes.
[[nodiscard]] Uuid uuid_v7(std::int64_t now_us);

} // namespace harmonia
