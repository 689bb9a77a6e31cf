// Reachability over HTTP: asks the fetch APIs of other realms (docs/reference/serve.md).
//
// A call asks each question once, however often it occurs, many at a time. "No" and "unknown" are
// kept apart: 204 (200 for a configuration) and 404 are answers, and so is any other status below
// 400 to "can it be paid"; anything else is retried shortly, and then unknown. A call with failures
// logs one line. For a shard that answered nothing the circuit breaker opens for some seconds, so
// that a batch costs at most about two time-outs instead of one a question.
#pragma once

#include "core/net/http_client.hpp"
#include "core/time/clock.hpp"
#include "jobs/settle/accounts/fetch/cache.hpp"
#include "jobs/settle/accounts/fetch/reachability.hpp"
#include "jobs/settle/accounts/fetch/settings.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// Any thread; calls of different threads do not wait for each other.
class FetchClient final : public Reachability {
public:
    static constexpr int k_tries = 3;
    /// How long the circuit breaker of a shard that answered nothing stays open.
    static constexpr std::int64_t k_breaker_us = 5'000'000;

    explicit FetchClient(FetchSettings settings, const time::Clock& clock = time::system_clock());

    /// Root accounts are reachable without asking.
    [[nodiscard]] std::vector<Reach> recipients(std::span<const smp::AccountKey> accounts) override;
    /// From the cache where it has an answer.
    [[nodiscard]] std::vector<RootLookup>
    root_configs(std::span<const std::int64_t> debtors) override;

private:
    using Shard = FetchSettings::Shard;
    using Client = std::unique_ptr<net::HttpClient>;
    enum class About { reachable, config };
    struct Question {
        smp::AccountKey account;
        const Shard* shard = nullptr;
        net::HttpAnswer answer{};
        [[nodiscard]] bool answered(About about) const;
    };

    [[nodiscard]] std::vector<Question> ask(const std::vector<smp::AccountKey>& accounts,
                                            About about);
    void ask_block(net::HttpClient& client, std::span<Question*> block, About about);
    void open_breakers(std::span<Question* const> block, About about);
    [[nodiscard]] bool breaker_open(const Shard* shard);
    [[nodiscard]] RootLookup remember(std::int64_t debtor, const net::HttpAnswer& answer);
    [[nodiscard]] Client take_client();
    void keep_client(Client client);

    FetchSettings settings_;
    const time::Clock& clock_;
    std::mutex mutex_; ///< guards what follows; never held during requests
    FetchCache cache_;
    std::map<const Shard*, std::int64_t> open_until_us_; ///< breakers
    std::vector<Client> idle_;
};

} // namespace harmonia::settle::accounts
