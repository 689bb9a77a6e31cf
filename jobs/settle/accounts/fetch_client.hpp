// Reachability over HTTP: asks the fetch APIs of other realms (docs/reference/serve.md).
//
// Every question is asked once a call, however often it occurs, many at a time. "No" and "could not
// find out" are kept apart: 204 (or a configuration's 200) and 404 are answers, and so is any other
// status below 400 to "can it be paid"; everything else is asked again shortly, and then unknown. A
// call with failures logs one line. A shard that answered nothing is left alone for some seconds,
// so that a batch costs at most about two time-outs, and not one a question.
#pragma once

#include "core/net/http_client.hpp"
#include "core/time/clock.hpp"
#include "jobs/settle/accounts/fetch_cache.hpp"
#include "jobs/settle/accounts/fetch_settings.hpp"
#include "jobs/settle/accounts/reachability.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// Any thread; calls of different threads do not wait for one another.
class FetchClient final : public Reachability {
public:
    static constexpr int k_tries = 3;
    /// So long a shard that answered nothing is not asked.
    static constexpr std::int64_t k_rest_us = 5'000'000;

    explicit FetchClient(FetchSettings settings, const time::Clock& clock = time::system_clock());

    /// Root accounts are reachable without a question.
    [[nodiscard]] std::vector<Reach> recipients(std::span<const smp::AccountKey> accounts) override;
    /// From the cache, for what was found out in the last two hours.
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
    void rest_silent(std::span<Question* const> block, About about);
    [[nodiscard]] bool rests(const Shard* shard);
    [[nodiscard]] RootLookup learn(std::int64_t debtor, const net::HttpAnswer& answer);
    [[nodiscard]] Client take_client();
    void keep_client(Client client);

    FetchSettings settings_;
    const time::Clock& clock_;
    std::mutex mutex_; ///< guards what follows; never held while asking
    FetchCache cache_;
    std::map<const Shard*, std::int64_t> resting_until_us_;
    std::vector<Client> idle_;
};

} // namespace harmonia::settle::accounts
