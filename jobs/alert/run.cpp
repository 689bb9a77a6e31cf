#include "jobs/alert/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/db/wait.hpp"
#include "core/net/http_client.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace harmonia::alert {
namespace {

constexpr std::chrono::milliseconds k_look_again{5'000};
constexpr std::chrono::milliseconds k_stop_check{250};
constexpr int k_ping_tries = 3;
constexpr std::chrono::seconds k_ping_timeout{10};

/// Threads of which one that fails ends all.
class Crew {
public:
    void run(const std::function<void()>& work) {
        threads_.emplace_back([this, work] {
            try {
                work();
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!first_)
                    first_ = std::current_exception();
            }
        });
    }
    [[nodiscard]] bool failed() const {
        const std::lock_guard lock(mutex_);
        return first_ != nullptr;
    }
    [[nodiscard]] bool going() const { return stop_signal() == 0 && !failed(); }
    std::atomic<std::int64_t> rounds{0}, dead{0}; ///< rounds of telling; deliveries that died
    void join() {
        threads_.clear();
        if (first_)
            std::rethrow_exception(first_);
    }

private:
    mutable std::mutex mutex_;
    std::exception_ptr first_;
    std::vector<std::jthread> threads_;
};

std::vector<std::string> channels_with_work(db::Connection& connection) {
    db::Transaction tx(connection);
    const auto rows = tx.exec("SELECT DISTINCT channel FROM screening.delivery WHERE final IS NULL"
                              " AND (retry_at IS NULL OR retry_at <= now())"
                              " AND (lease_until IS NULL OR lease_until <= now())");
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.emplace_back(rows.text(i, 0));
    return out;
}

void serve_channel(const Options& options, const std::shared_ptr<const Channel>& channel,
                   SendCounts& counts, Crew* forever) {
    const auto connection = db::connect(options.database);
    if (forever != nullptr)
        connection->listen("harmonia_delivery");
    Courier courier(options.settings, channel, options.run_id + "/" + channel->name());
    do {
        const auto sent = courier.drain(*connection);
        counts.add(sent);
        if (forever != nullptr) {
            forever->dead += sent.dead;
            db::wait_for_work(*connection, k_look_again, [&] { return forever->going(); });
        }
    } while (forever != nullptr && forever->going());
}

void add(TellCounts& sum, const TellCounts& more) {
    sum.decided += more.decided;
    sum.suppressed += more.suppressed;
    sum.notifications += more.notifications;
    sum.deliveries += more.deliveries;
    sum.busy = more.busy;
}

void drain(const Options& options, db::Connection& connection, Outcome& outcome) {
    // A dead delivery raises an alert, which the next round tells; its own death raises none.
    for (bool more = true; more && stop_signal() == 0;) {
        const auto told = tell(connection, options.settings, options.hurry);
        add(outcome.told, told);
        SendCounts before = outcome.sum();
        Crew crew;
        for (const auto& name : channels_with_work(connection)) {
            const auto channel = options.settings.channels.find(name);
            if (channel == options.settings.channels.end())
                log::warn("deliveries wait for a channel that is not declared",
                          {{"channel", name}});
            else
                crew.run([&, &counts = outcome.channels[name], made = channel->second] {
                    serve_channel(options, made, counts, nullptr);
                });
        }
        crew.join();
        more = outcome.sum().dead > before.dead;
    }
}

void ping(const std::string& url) {
    if (url.empty())
        return;
    net::HttpLimits limits;
    limits.total_timeout = k_ping_timeout;
    net::HttpClient client(limits);
    const std::vector<net::HttpRequest> request{{"GET", url, {}, {}}};
    for (int tries = 0; tries < k_ping_tries; ++tries) {
        const auto answer = client.send_all(request).front();
        if (answer.status >= 200 && answer.status < 300)
            return;
        if (!answer.sent)
            return;
    }
    log::warn("the dead man's switch did not answer");
}

// Only while rounds go on: a worker that is stuck shall be missed.
void keep_pinging(const Options& options, const Crew& crew) {
    using Clock = std::chrono::steady_clock;
    std::int64_t rounds = 0, dead = 0;
    for (auto due = Clock::now(); crew.going(); std::this_thread::sleep_for(k_stop_check)) {
        if (crew.rounds == rounds || Clock::now() < due)
            continue;
        rounds = crew.rounds;
        const std::int64_t died = crew.dead;
        ping(options.ping_url + (died > dead ? "/fail" : ""));
        dead = died;
        due = Clock::now() + options.ping_every;
    }
}

void follow(const Options& options, db::Connection& connection, Outcome& outcome) {
    connection.listen("harmonia_alert");
    Crew crew;
    for (const auto& [name, channel] : options.settings.channels)
        crew.run([&, &counts = outcome.channels[name], made = channel] {
            serve_channel(options, made, counts, &crew);
        });
    crew.run([&] {
        while (crew.going()) {
            add(outcome.told, tell(connection, options.settings, options.hurry));
            ++crew.rounds;
            db::wait_for_work(connection, k_look_again, [&] { return crew.going(); });
        }
    });
    if (!options.ping_url.empty())
        crew.run([&] { keep_pinging(options, crew); });
    crew.join();
}

} // namespace

SendCounts Outcome::sum() const {
    SendCounts out;
    for (const auto& [name, counts] : channels)
        out.add(counts);
    return out;
}

Outcome run(const Options& options) {
    Outcome outcome;
    if (!options.ping_url.empty())
        ping(options.ping_url + "/start");
    try {
        const auto connection = db::connect(options.database);
        if (options.follow)
            follow(options, *connection, outcome);
        else
            drain(options, *connection, outcome);
    } catch (...) {
        if (!options.ping_url.empty())
            ping(options.ping_url + "/fail");
        throw;
    }
    if (!options.ping_url.empty())
        ping(options.ping_url + (outcome.sum().dead > 0 ? "/fail" : ""));
    throw_if_stopped();
    return outcome;
}

SendCounts run_test(const Options& options, const std::string& channel) {
    const auto connection = db::connect(options.database);
    tell_test(*connection, options.settings, channel);
    Courier courier(options.settings, options.settings.channels.at(channel), options.run_id);
    return courier.drain(*connection);
}

} // namespace harmonia::alert
