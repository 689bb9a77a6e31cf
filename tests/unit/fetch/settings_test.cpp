// Where to ask about other realms, and how long answers are kept.
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "jobs/settle/accounts/fetch/cache.hpp"
#include "jobs/settle/accounts/fetch/settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using namespace harmonia;
using namespace harmonia::settle::accounts;

namespace {

FetchSettings read(const std::string& accounts) {
    const test::TempDir dir;
    config::Layers layers;
    layers.file = dir.write("c.yaml", "version: 1\naccounts:\n" + accounts);
    return read_fetch_settings(config::load(layers));
}

smp::RootConfig rate(float value) {
    smp::RootConfig config;
    config.rate = value;
    return config;
}

} // namespace

TEST_CASE("only the scheme, host and port of an address count") {
    REQUIRE(base_of("http://host") == "http://host");
    REQUIRE(base_of("https://host:8443/deep/path?x#y") == "https://host:8443");
    REQUIRE(base_of("http://[::1]:80/") == "http://[::1]:80");
    REQUIRE(base_of("http://host?x") == "http://host");
    for (const char* bad : {"", "host:80", "ftp://host", "http://", "http:///path", "http://:80",
                            "http://user:word@host", "http://ho st", "HTTP//host"}) {
        INFO(bad);
        REQUIRE(base_of(bad).empty());
    }
}

TEST_CASE("one address for all realms; otherwise the longest realm that owns the account") {
    REQUIRE(read("  realm: '#'").shard_of({1, 2}) == nullptr);
    const auto one = read("  fetch: {url: 'http://all:1/path'}");
    REQUIRE(one.shard_of({1, 2})->base == "http://all:1");
    REQUIRE(one.timeout == std::chrono::seconds(5));
    REQUIRE(one.dns_cache == std::chrono::seconds(10));
    REQUIRE(one.connections == 100);
    REQUIRE(one.cache_entries == 1000);
    // (123, 456) has the key 0.0.0.0.1…, (2, 1) 1.1.1.1…, (-1, 1234) 0.0.1…
    const auto many = read("  shards: [{realm: 0.#, fetch_url: 'http://zero'},"
                           " {realm: 0.0.0.#, fetch_url: 'http://deep'}]\n"
                           "  fetch: {url: 'http://rest'}");
    REQUIRE(many.shard_of({123, 456})->base == "http://deep");
    REQUIRE(many.shard_of({-1, 1234})->base == "http://zero");
    REQUIRE(many.shard_of({2, 1})->base == "http://rest");
}

TEST_CASE("the declaration of shards is checked strictly") {
    for (const char* bad : {"  shards: [{realm: 2.#, fetch_url: 'http://a'}]",
                            "  shards: [{realm: 0.#, fetch_url: 'a'}]", "  shards: [{realm: 0.#}]",
                            "  shards: [{realm: 0.#, fetch_url: 'http://a', weight: 2}]",
                            "  shards: [{realm: 0.#, fetch_url: 'http://a'},"
                            " {realm: 0.#, fetch_url: 'http://b'}]",
                            "  fetch: {url: 'file:///etc'}", "  fetch: {timeout: 0s}",
                            "  fetch: {connections: 0}", "  fetch: {cache_size: -1}"}) {
        INFO(bad);
        try {
            static_cast<void>(read(bad));
            FAIL("accepted");
        } catch (const Error& error) {
            REQUIRE(error.exit() == Exit::config);
        }
    }
}

TEST_CASE("a fetched configuration is kept for two hours") {
    FetchCache cache(10);
    REQUIRE(cache.find(1, 0) == nullptr);
    cache.insert(1, rate(5), 1'000);
    cache.insert(2, std::nullopt, 1'000);
    REQUIRE(cache.find(1, 1'000)->config->rate == 5);
    REQUIRE_FALSE(cache.find(2, 7'200'000'999)->config.has_value());
    REQUIRE(cache.find(1, 7'200'001'000) == nullptr);
    cache.insert(1, rate(6), 7'200'001'000);
    REQUIRE(cache.find(1, 7'200'001'000)->config->rate == 6);
}

TEST_CASE("a full cache drops what was inserted first") {
    FetchCache cache(3);
    for (int debtor = 1; debtor <= 3; ++debtor)
        cache.insert(debtor, rate(1), debtor);
    cache.insert(1, rate(2), 4); // again: now the newest
    cache.insert(4, rate(1), 5);
    REQUIRE(cache.size() == 3);
    REQUIRE(cache.find(2, 5) == nullptr);
    REQUIRE(cache.find(1, 5)->config->rate == 2);
    for (int i = 0; i < 1'000; ++i)
        cache.insert(i % 7, rate(1), i);
    REQUIRE(cache.size() == 3);
    FetchCache none(0);
    none.insert(1, rate(1), 0);
    REQUIRE(none.size() == 0);
}
