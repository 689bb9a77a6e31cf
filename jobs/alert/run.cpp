#include "jobs/alert/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/wait.hpp"
#include "core/net/http_client.hpp"
#include "core/parallel/thread_group.hpp"
#include "jobs/alert/load.hpp"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace harmonia::alert {
namespace {

constexpr std::chrono::milliseconds k_look_again{5'000};
constexpr std::chrono::milliseconds k_stop_check{250};
constexpr int k_ping_tries = 3;
constexpr std::chrono::seconds k_ping_timeout{10};

/// The threads of a run; the first one that fails stops all.
struct WorkerThreads {
    std::atomic<std::int64_t> rounds{0}, dead{0}; ///< of notify(); deliveries that died
    parallel::ThreadGroup threads;                ///< last: they use the counts
    [[nodiscard]] bool keep_running() const { return stop_signal() == 0 && !threads.failed(); }
};

/// Once, or with `workers` until they stop.
void serve_channel(const Options& options, const std::shared_ptr<const Channel>& channel,
                   SendCounts& counts, WorkerThreads* workers) {
    const auto connection = db::connect(options.database);
    if (workers != nullptr)
        connection->listen("harmonia_delivery");
    Sender sender(options.settings, channel, options.run_id + "/" + channel->name());
    do {
        const auto sent = sender.drain(*connection);
        counts.add(sent);
        if (workers != nullptr) {
            workers->dead += sent.dead;
            db::wait_for_work(*connection, k_look_again, [&] { return workers->keep_running(); });
        }
    } while (workers != nullptr && workers->keep_running());
}

void add(NotifyCounts& sum, const NotifyCounts& more) {
    sum.decided += more.decided;
    sum.suppressed += more.suppressed;
    sum.notifications += more.notifications;
    sum.deliveries += more.deliveries;
    sum.busy = more.busy;
}

std::vector<std::string> channels_with_work(db::Connection& connection) {
    db::Transaction tx(connection);
    return load_channels_with_work(tx);
}

void drain(const Options& options, db::Connection& connection, Outcome& outcome) {
    // A dead delivery raises an alert, which the next round delivers; that one's death raises none.
    for (bool more = true; more && stop_signal() == 0;) {
        add(outcome.notified, notify(connection, options.settings, options.flush));
        const SendCounts before = outcome.sum();
        WorkerThreads workers;
        for (const auto& name : channels_with_work(connection)) {
            const auto channel = options.settings.channels.find(name);
            if (channel == options.settings.channels.end())
                log::warn("deliveries are pending for an unknown channel", {{"channel", name}});
            else
                workers.threads.start(
                    [&, &counts = outcome.channels[name], made = channel->second] {
                        serve_channel(options, made, counts, nullptr);
                    });
        }
        workers.threads.join();
        more = outcome.sum().dead > before.dead;
    }
}

void ping(const std::string& url) {
    net::HttpLimits limits;
    limits.total_timeout = k_ping_timeout;
    net::HttpClient client(limits);
    const std::vector<net::HttpRequest> request{{"GET", url, {}, {}}};
    for (int tries = 0; tries < k_ping_tries; ++tries) {
        const auto answer = client.send_all(request).front();
        if ((answer.status >= 200 && answer.status < 300) || !answer.sent)
            return;
    }
    log::warn("the dead man's switch did not answer");
}

// Only while rounds go on: a worker that is stuck must be noticed.
void keep_pinging(const Options& options, const WorkerThreads& workers) {
    using Clock = std::chrono::steady_clock;
    std::int64_t rounds = 0, dead = 0;
    for (auto due = Clock::now(); workers.keep_running();
         std::this_thread::sleep_for(k_stop_check)) {
        if (workers.rounds == rounds || Clock::now() < due)
            continue;
        rounds = workers.rounds;
        const std::int64_t dead_now = workers.dead;
        ping(options.ping_url + (dead_now > dead ? "/fail" : ""));
        dead = dead_now;
        due = Clock::now() + options.ping_every;
    }
}

void follow(const Options& options, db::Connection& connection, Outcome& outcome) {
    connection.listen("harmonia_alert");
    WorkerThreads workers;
    for (const auto& [name, channel] : options.settings.channels)
        workers.threads.start([&, &counts = outcome.channels[name], made = channel] {
            serve_channel(options, made, counts, &workers);
        });
    workers.threads.start([&] {
        while (workers.keep_running()) {
            add(outcome.notified, notify(connection, options.settings, options.flush));
            ++workers.rounds;
            db::wait_for_work(connection, k_look_again, [&] { return workers.keep_running(); });
        }
    });
    if (!options.ping_url.empty())
        workers.threads.start([&] { keep_pinging(options, workers); });
    workers.threads.join();
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
    const auto report = [&](const char* suffix) {
        if (!options.ping_url.empty())
            ping(options.ping_url + suffix);
    };
    report("/start");
    try {
        const auto connection = db::connect(options.database);
        if (options.follow)
            follow(options, *connection, outcome);
        else
            drain(options, *connection, outcome);
    } catch (...) {
        report("/fail");
        throw;
    }
    report(outcome.sum().dead > 0 ? "/fail" : "");
    throw_if_stopped();
    return outcome;
}

SendCounts send_test_message(const Options& options, const std::string& channel) {
    const auto connection = db::connect(options.database);
    create_test_message(*connection, options.settings, channel);
    Sender sender(options.settings, options.settings.channels.at(channel), options.run_id);
    return sender.drain(*connection);
}

} // namespace harmonia::alert
