// Where to ask about other realms: `accounts.shards` and `accounts.fetch` of the configuration.
#pragma once

#include "core/config/value.hpp"
#include "core/smp/realm.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::settle::accounts {

struct FetchSettings {
    struct Shard {
        smp::Realm realm;
        std::string base; ///< `http://host:port`, without a trailing slash
    };
    std::vector<Shard>
        shards; ///< the smallest realms first: the first that owns an account answers
    std::chrono::milliseconds timeout{5'000};
    std::chrono::seconds dns_cache{10};
    std::size_t connections = 100;
    std::size_t cache_entries = 1000;

    /// Whom to ask about an account; null when no shard is configured for its realm.
    [[nodiscard]] const Shard* shard_of(const smp::AccountKey& account) const;
};

/// `accounts.fetch.url` becomes the shard of all other realms. Error(config) for an invalid realm
/// or address, and for a realm given twice.
[[nodiscard]] FetchSettings read_fetch_settings(const config::Value& root);

/// Scheme, host and port of an address; the rest is ignored. Empty unless the address is http or
/// https, with a host and without a user or password.
[[nodiscard]] std::string base_of(std::string_view url);

} // namespace harmonia::settle::accounts
