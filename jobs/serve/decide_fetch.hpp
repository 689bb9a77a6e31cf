// What the fetch API answers. Pure.
#pragma once

#include "core/net/router.hpp"
#include "core/smp/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::serve {

/// The part of an account that the API shows.
struct FetchedAccount {
    bool deleted = false, scheduled_for_deletion = false;
    std::string config_data{};
};

/// The account named by two path segments: unsigned decimals below 2^64 in canonical form (no sign,
/// no leading zero). Empty for anything else, which is 404.
[[nodiscard]] std::optional<smp::AccountKey> account_of(std::string_view debtor,
                                                        std::string_view creditor);

/// How long caches may keep the answer that an account does not exist.
enum class NotFoundCaching {
    none,     ///< a new account is reachable at once
    reference ///< for a day, as the Python original does
};

/// 204 for an account that can receive and for every root account, 404 otherwise.
[[nodiscard]] net::Response reachable(const smp::AccountKey& key,
                                      const std::optional<FetchedAccount>& account,
                                      NotFoundCaching cache);

/// 200 with the account's configuration, unchanged, also of a deleted account.
[[nodiscard]] net::Response config(const std::optional<FetchedAccount>& account,
                                   NotFoundCaching cache);

[[nodiscard]] net::Response healthy();

/// The account belongs to another shard: the client's map of shards is wrong.
[[nodiscard]] net::Response foreign();

} // namespace harmonia::serve
