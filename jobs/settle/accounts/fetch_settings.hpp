// Where other realms are asked: `accounts.shards` and `accounts.fetch` of the configuration.
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
        std::string base; ///< `http://host:port`, without a slash at the end
    };
    std::vector<Shard> shards; ///< the smallest realms first: the first that fits answers
    std::chrono::milliseconds timeout{5'000};
    std::chrono::seconds dns_cache{10};
    std::size_t connections = 100;
    std::size_t cache_entries = 1000;

    /// Whom to ask about an account; null when nobody is declared for its realm.
    [[nodiscard]] const Shard* shard_of(const smp::AccountKey& account) const;
};

/// `accounts.fetch.url` becomes the shard of all that no other names. Error(config) for a bad realm
/// or address, and for a realm named twice.
[[nodiscard]] FetchSettings read_fetch_settings(const config::Value& root);

/// Scheme, host and port of an address; the rest of it does not matter. Empty unless it is http or
/// https and has a host; one with a user or password is none.
[[nodiscard]] std::string base_of(std::string_view url);

} // namespace harmonia::settle::accounts
