#include "jobs/settle/accounts/fetch/client.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/smp/realm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace harmonia::settle::accounts {
namespace {

constexpr int k_pause_ms = 100; // before the second try; doubled before the third
// A root configuration has at most 2000 bytes; much more cannot come from a fetch API.
constexpr std::size_t k_answer_bytes_max = 64 * 1024;

net::HttpLimits limits_of(const FetchSettings& settings) {
    net::HttpLimits limits;
    limits.connect_timeout = settings.timeout;
    limits.total_timeout = settings.timeout;
    limits.answer_bytes_max = k_answer_bytes_max;
    limits.in_flight = settings.connections;
    limits.dns_cache = settings.dns_cache;
    return limits;
}

std::string url_of(const std::string& base, const smp::AccountKey& account, const char* about) {
    return fmt::format("{}/accounts/{}/{}/{}", base, static_cast<std::uint64_t>(account.debtor_id),
                       static_cast<std::uint64_t>(account.creditor_id), about);
}

/// One line per call: how many requests failed, and the first reason.
void log_failures(std::size_t failed, std::size_t asked, const std::string& base,
                  const net::HttpAnswer& first) {
    log::error(
        "fetch requests failed",
        {{"failed", failed},
         {"asked", asked},
         {"first", base},
         {"error", first.status == 0 ? first.error : fmt::format("status {}", first.status)}});
}

} // namespace

bool FetchClient::Question::answered(About about) const {
    if (about == About::config)
        return answer.status == 200 || answer.status == 404;
    return answer.status == 404 || (answer.status >= 200 && answer.status < 400);
}

FetchClient::FetchClient(FetchSettings settings, const time::Clock& clock)
    : settings_(std::move(settings)), clock_(clock), cache_(settings_.cache_entries) {}

std::vector<Reach> FetchClient::recipients(std::span<const smp::AccountKey> accounts) {
    const std::set<smp::AccountKey> wanted(accounts.begin(), accounts.end());
    std::vector<smp::AccountKey> questions;
    for (const smp::AccountKey& account : wanted)
        if (account.creditor_id != smp::k_root_creditor)
            questions.push_back(account);
    std::map<smp::AccountKey, Reach> known;
    for (const Question& asked : ask(questions, About::reachable))
        if (asked.answered(About::reachable))
            known[asked.account] = asked.answer.status == 204 ? Reach::yes : Reach::no;
    std::vector<Reach> out;
    for (const smp::AccountKey& account : accounts) {
        const auto found = known.find(account);
        const bool root = account.creditor_id == smp::k_root_creditor;
        out.push_back(root ? Reach::yes : found == known.end() ? Reach::unknown : found->second);
    }
    return out;
}

std::vector<RootLookup> FetchClient::root_configs(std::span<const std::int64_t> debtors) {
    std::map<std::int64_t, RootLookup> known;
    std::vector<smp::AccountKey> questions;
    {
        const std::lock_guard lock(mutex_);
        for (const std::int64_t debtor : debtors) {
            const auto [lookup, first] = known.try_emplace(debtor);
            if (!first)
                continue;
            if (const auto* entry = cache_.find(debtor, clock_.now_us()))
                lookup->second = entry->config ? RootLookup{Reach::yes, *entry->config}
                                               : RootLookup{Reach::no, {}};
            else
                questions.push_back({debtor, smp::k_root_creditor});
        }
    }
    for (const Question& asked : ask(questions, About::config))
        if (asked.answered(About::config))
            known[asked.account.debtor_id] = remember(asked.account.debtor_id, asked.answer);
    std::vector<RootLookup> out;
    for (const std::int64_t debtor : debtors)
        out.push_back(known.at(debtor));
    return out;
}

RootLookup FetchClient::remember(std::int64_t debtor, const net::HttpAnswer& answer) {
    std::optional<smp::RootConfig> config;
    if (answer.status == 200) {
        const auto parsed = smp::parse_root_config(answer.body);
        if (!parsed) {
            log::error("invalid configuration of a root account",
                       {{"debtor", debtor}, {"reason", parsed.error().code}});
            return {Reach::no, {}};
        }
        config = *parsed;
    }
    const std::lock_guard lock(mutex_);
    cache_.insert(debtor, config, clock_.now_us());
    return config ? RootLookup{Reach::yes, *config} : RootLookup{Reach::no, {}};
}

std::vector<FetchClient::Question> FetchClient::ask(const std::vector<smp::AccountKey>& accounts,
                                                    About about) {
    std::vector<Question> questions;
    for (const smp::AccountKey& account : accounts)
        questions.push_back({account, settings_.shard_of(account)});
    Client client;
    for (std::size_t next = 0; next < questions.size();) {
        std::vector<Question*> block;
        for (; next < questions.size() && block.size() < settings_.connections; ++next) {
            Question& question = questions[next];
            if (question.shard == nullptr)
                question.answer.error = "no fetch API is configured for its realm";
            else if (breaker_open(question.shard))
                question.answer.error = "circuit breaker open: it did not answer a moment ago";
            else
                block.push_back(&question);
        }
        if (block.empty())
            continue;
        if (!client)
            client = take_client();
        ask_block(*client, block, about);
        open_breakers(block, about);
    }
    if (client)
        keep_client(std::move(client));
    std::size_t failed = 0;
    const Question* first = nullptr;
    for (const Question& question : questions) {
        if (question.answered(about) || !question.answer.sent)
            continue;
        ++failed;
        first = first == nullptr ? &question : first;
    }
    if (first != nullptr)
        log_failures(failed, questions.size(), first->shard == nullptr ? "" : first->shard->base,
                     first->answer);
    return questions;
}

void FetchClient::ask_block(net::HttpClient& client, std::span<Question*> block, About about) {
    // Failures that took this long are not a short disturbance: a retry would double the wait.
    const auto retry_until = std::chrono::steady_clock::now() + settings_.timeout / 2;
    std::vector<Question*> open(block.begin(), block.end());
    for (int tried = 1; !open.empty(); ++tried) {
        std::vector<net::HttpRequest> requests;
        for (const Question* question : open)
            requests.push_back({"GET",
                                url_of(question->shard->base, question->account,
                                       about == About::config ? "config" : "reachable"),
                                "",
                                {}});
        auto answers = client.send_all(requests);
        for (std::size_t i = 0; i < open.size(); ++i)
            open[i]->answer = std::move(answers[i]);
        std::erase_if(open, [&](const Question* question) { return question->answered(about); });
        if (tried == k_tries || std::chrono::steady_clock::now() >= retry_until ||
            (!open.empty() && sleep_unless_stopped(k_pause_ms << (tried - 1))))
            return;
    }
}

void FetchClient::open_breakers(std::span<Question* const> block, About about) {
    std::map<const Shard*, bool> answered;
    for (const Question* question : block)
        answered[question->shard] = answered[question->shard] || question->answered(about);
    const std::lock_guard lock(mutex_);
    for (const auto& [shard, any] : answered)
        if (!any)
            open_until_us_[shard] = clock_.now_us() + k_breaker_us;
}

bool FetchClient::breaker_open(const Shard* shard) {
    const std::lock_guard lock(mutex_);
    const auto found = open_until_us_.find(shard);
    return found != open_until_us_.end() && clock_.now_us() < found->second;
}

FetchClient::Client FetchClient::take_client() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty())
        return std::make_unique<net::HttpClient>(limits_of(settings_));
    Client client = std::move(idle_.back());
    idle_.pop_back();
    return client;
}

void FetchClient::keep_client(Client client) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(client));
}

} // namespace harmonia::settle::accounts
