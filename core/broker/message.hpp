// A message as AMQP 0-9-1 carries it, and its JSON forms in ops.outbox and ops.dead_letter.
//
// Properties as JSON: an object with the protocol's own names (`content_type`, `content_encoding`,
// `delivery_mode`, `priority`, `correlation_id`, `reply_to`, `expiration`, `message_id`,
// `timestamp` in epoch seconds, `type`, `user_id`, `app_id`); absent members are not set on the
// wire.
//
// Headers as JSON: an object. Integers are sent as 32-bit where they fit, else 64-bit; booleans,
// strings, arrays and objects as themselves. What JSON cannot express is read as a one-member
// object and sent as what it was: {"!timestamp": seconds}, {"!bytes": "hex"}, {"!decimal":
// [coefficient, scale]}. A string that is not UTF-8 is read as !bytes. At most k_header_depth_max
// levels deep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::broker {

/// Deeper nesting is refused in both directions: the protocols spoken here have two levels at most.
inline constexpr int k_header_depth_max = 8;

struct Properties {
    std::optional<std::string> content_type, content_encoding, correlation_id, reply_to, expiration,
        message_id, type, user_id, app_id;
    std::optional<std::uint8_t> delivery_mode, priority; ///< delivery_mode 2 = persistent
    std::optional<std::uint64_t> timestamp;              ///< epoch seconds
};

/// Throws Error(data) on an unknown member or a member of the wrong type.
[[nodiscard]] Properties properties_from_json(std::string_view json);
[[nodiscard]] std::string properties_to_json(const Properties& properties);

/// To be published. The default exchange has the empty name.
struct Message {
    std::string exchange, routing_key;
    bool mandatory = true; ///< unroutable: returned and reported as failed
    Properties properties;
    std::string headers = "{}"; ///< JSON object
    std::string body;
};

/// A delivery's identity on one connection: worthless after that connection was lost.
struct DeliveryTag {
    std::uint64_t generation = 0; ///< which connection of the Consumer, from 1
    std::uint64_t tag = 0;        ///< the broker's, rising by one, from 1
};

/// A message received from a queue.
struct Delivery {
    DeliveryTag tag;
    bool redelivered = false;
    bool oversized = false; ///< body cut at the consumer's limit
    std::string exchange, routing_key;
    Properties properties;
    std::string headers = "{}"; ///< JSON object
    std::string body;
    /// Properties with the headers as member `headers`: the form of ops.dead_letter.properties.
    [[nodiscard]] std::string properties_json() const;
};

} // namespace harmonia::broker
