// What the fetch API answers. Pure.
#pragma once

#include "core/net/router.hpp"
#include "core/smp/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::serve {

/// As much of an account as is asked about.
struct FetchedAccount {
    bool deleted = false, scheduled_for_deletion = false;
    std::string config_data{};
};

/// The account that two path segments name: unsigned decimals below 2^64 in their only form (no
/// sign, no leading zero). Empty for anything else, which is 404.
[[nodiscard]] std::optional<smp::AccountKey> account_of(std::string_view debtor,
                                                        std::string_view creditor);

/// How long caches may keep the answer that something is not there.
enum class CacheOfNothing {
    none,     ///< an account that is created becomes reachable at once
    reference ///< for a day, as the Python original says
};

/// 204 for an account that can receive and for every root account, 404 otherwise.
[[nodiscard]] net::Response reachable(const smp::AccountKey& key,
                                      const std::optional<FetchedAccount>& account,
                                      CacheOfNothing cache);

/// 200 with the account's configuration as it was given, also of an account that is deleted.
[[nodiscard]] net::Response config(const std::optional<FetchedAccount>& account,
                                   CacheOfNothing cache);

[[nodiscard]] net::Response healthy();

/// The account belongs to another shard: who asked here has a wrong map of them.
[[nodiscard]] net::Response foreign();

} // namespace harmonia::serve
