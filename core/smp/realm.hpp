// Who answers for which accounts, and under which routing keys messages travel.
//
// A sharding key is the first 32 bits of MD5 over debtor id and creditor id, each as 8 bytes big
// endian. A realm is a prefix of 0 to 20 of these bits, written as AMQP binding keys are: `#` owns
// all, `0.#` and `1.#` half each, `0.1.#` a quarter.
#pragma once

#include "core/base/expected.hpp"
#include "core/smp/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::smp {

inline constexpr int k_realm_bits_max = 20; ///< the protocol's; a million shards
/// The hint beside a text that is not a realm.
inline constexpr const char* k_realm_form =
    "A realm is up to 20 of 0. or 1., then #: for instance 0.1.#";

class Realm {
public:
    Realm() = default; ///< `#`
    /// Problem `bad_realm` for anything but up to 20 of `0.` or `1.`, then `#`.
    [[nodiscard]] static Expected<Realm> parse(std::string_view text);

    [[nodiscard]] bool owns(const AccountKey& account) const;
    /// Without the last bit; that of `#` is `#`.
    [[nodiscard]] Realm parent() const;
    [[nodiscard]] std::string text() const;
    /// prefix = the realm's bits at the top of 32; an account is in it when key & mask = prefix.
    [[nodiscard]] std::uint32_t mask() const { return mask_; }
    [[nodiscard]] std::uint32_t prefix() const { return prefix_; }
    bool operator==(const Realm&) const = default;

private:
    std::uint32_t mask_ = 0, prefix_ = 0;
};

[[nodiscard]] std::uint32_t sharding_key(const AccountKey& account);

/// `00.00.00.00.00.00.00.02`: the routing key of one id on a topic exchange.
[[nodiscard]] std::string hex_key(std::int64_t id);
void append_hex_key(std::string& out, std::int64_t id);
/// 24 bits of the sharding key, `1.1.0.…`: the routing key of an account on `accounts_in`.
[[nodiscard]] std::string binary_key(const AccountKey& account);
void append_binary_key(std::string& out, const AccountKey& account);

/// An account's public identity: the creditor id as an unsigned number ("18446744073709551615" is
/// creditor -1).
[[nodiscard]] std::string account_id(std::int64_t creditor_id);
/// Only the canonical form (`0`, or no leading zero, below 2^64) names an account.
[[nodiscard]] std::optional<std::int64_t> parse_account_id(std::string_view text);

/// The creditors of one agent share the highest 24 bits of their ids, unless these are zero.
[[nodiscard]] bool same_agent(std::int64_t one, std::int64_t other);

/// Sequence numbers wrap from the greatest int32 to the least.
[[nodiscard]] std::int32_t next_seq(std::int32_t seqnum);
/// Whether `one` came after `other`: less than half a turn ahead.
[[nodiscard]] bool later_seq(std::int32_t one, std::int32_t other);

} // namespace harmonia::smp
