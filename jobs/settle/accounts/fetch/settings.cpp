#include "jobs/settle/accounts/fetch/settings.hpp"

#include "core/base/check.hpp"
#include "core/config/config.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {
namespace {

constexpr long long k_timeout_ms_max = 60'000;
constexpr long long k_connections_max = 1'000;
constexpr long long k_cache_max = 1'000'000;

std::string base_at(const config::Value& value) {
    std::string base = base_of(value.as_text());
    if (base.empty())
        value.fail("must be the address of a fetch API, got '" + value.as_text() + "'",
                   "Write it as http://host:port.");
    return base;
}

FetchSettings::Shard read_shard(const config::Value& value) {
    config::Reader reader(value);
    FetchSettings::Shard shard{realm_at(reader.required("realm")),
                               base_at(reader.required("fetch_url"))};
    reader.finish();
    return shard;
}

void add(FetchSettings& settings, FetchSettings::Shard shard, const config::Value& at) {
    for (const auto& other : settings.shards)
        if (other.realm == shard.realm)
            at.fail("realm " + shard.realm.text() + " is given two fetch APIs",
                    "Keep one entry per realm.");
    settings.shards.push_back(std::move(shard));
}

void read_fetch(const config::Value& section, FetchSettings& settings) {
    config::Reader reader(section);
    const auto url = reader.optional("url");
    if (url && !url->as_text().empty())
        add(settings, {smp::Realm(), base_at(*url)}, *url);
    const config::Value timeout = reader.required("timeout");
    settings.timeout = std::chrono::milliseconds(timeout.as_duration_ms());
    if (settings.timeout.count() < 1 || settings.timeout.count() > k_timeout_ms_max)
        timeout.fail("must be between 1ms and 60s, got '" + timeout.as_text() + "'");
    settings.dns_cache = std::chrono::seconds(reader.required("dns_cache").as_duration_ms() / 1000);
    settings.connections =
        static_cast<std::size_t>(reader.integer("connections", 100, 1, k_connections_max));
    settings.cache_entries =
        static_cast<std::size_t>(reader.integer("cache_size", 1000, 0, k_cache_max));
    static_cast<void>(reader.has("reference_cache")); // a setting of the server
    reader.finish();
}

} // namespace

const FetchSettings::Shard* FetchSettings::shard_of(const smp::AccountKey& account) const {
    for (const Shard& shard : shards)
        if (shard.realm.owns(account))
            return &shard;
    return nullptr;
}

FetchSettings read_fetch_settings(const config::Value& root) {
    FetchSettings settings;
    const auto shards = config::lookup(root, "accounts.shards");
    const auto fetch = config::lookup(root, "accounts.fetch");
    HARMONIA_CHECK(shards.has_value() && fetch.has_value());
    for (const config::Value& shard : shards->list())
        add(settings, read_shard(shard), shard);
    read_fetch(*fetch, settings);
    std::stable_sort(
        settings.shards.begin(), settings.shards.end(),
        [](const auto& one, const auto& other) { return one.realm.mask() > other.realm.mask(); });
    return settings;
}

std::string base_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos ||
        (url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https"))
        return "";
    const auto begin = scheme + 3;
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    const std::string_view authority = url.substr(begin, end - begin);
    const bool good = !authority.empty() && !authority.starts_with(':') &&
                      std::all_of(authority.begin(), authority.end(), [](char c) {
                          return c > ' ' && c < '\x7f' && c != '@' && c != '\\';
                      });
    return good ? std::string(url.substr(0, end)) : "";
}

} // namespace harmonia::settle::accounts
