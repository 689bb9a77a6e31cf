// Header and argument tables between JSON and the wire (core/broker/message.hpp says which form).
// Inside core/broker only.
#pragma once

#include "core/base/expected.hpp"
#include "core/broker/message.hpp"

#include <amqp.h>

#include <string>
#include <string_view>

namespace harmonia::broker {

/// Longer JSON of a table is refused: up to here even the worst ratio of encoded to written size
/// fits one frame (a header frame cannot be split).
inline constexpr std::size_t k_table_bytes_max = 16 * 1024;

/// JSON object text as a table whose memory is `pool`'s.
[[nodiscard]] Expected<amqp_table_t> table_from_json(std::string_view json, amqp_pool_t& pool);
[[nodiscard]] std::string table_to_json(const amqp_table_t& table);

[[nodiscard]] inline std::string to_text(amqp_bytes_t bytes) {
    return bytes.len == 0 ? std::string()
                          : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}
/// A view for the library: it does not write through the pointer.
[[nodiscard]] inline amqp_bytes_t to_bytes(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}

/// Properties without headers; views into `properties`, which must outlive the result.
[[nodiscard]] amqp_basic_properties_t properties_to_wire(const Properties& properties);
[[nodiscard]] Properties properties_from_wire(const amqp_basic_properties_t& wire);

} // namespace harmonia::broker
