#include "jobs/alert/sender.hpp"

#include "core/base/check.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace harmonia::alert {

using Class = Result::Class;

namespace {

constexpr int k_batch_max = 256; // one commit costs little beside sending this many
// The lease is 90 s, and a chunk takes at most twice a send's 30 s.
constexpr std::chrono::seconds k_begin_within{25};

void count(SendCounts& counts, RetryDecision::Kind kind) {
    counts.sent += kind == RetryDecision::Kind::sent ? 1 : 0;
    counts.retry += kind == RetryDecision::Kind::retry ? 1 : 0;
    counts.dead += kind == RetryDecision::Kind::dead ? 1 : 0;
}

} // namespace

void SendCounts::add(const SendCounts& more) {
    sent += more.sent;
    retry += more.retry;
    dead += more.dead;
    paused = paused || more.paused;
}

struct Sender::Batch {
    std::vector<claim::Claimed> claimed;
    std::vector<Delivery> deliveries; ///< parallel to claimed
};

Sender::Sender(const Settings& settings, std::shared_ptr<const Channel> channel, std::string owner)
    : settings_(settings), channel_(std::move(channel)), owner_(std::move(owner)),
      transport_(channel_->open()), batch_size_(2 * channel_->at_once()) {}

Sender::Batch Sender::claim(db::Connection& connection, SendCounts& counts) {
    Batch batch;
    db::Transaction tx(connection);
    const auto state = load_channel_state(tx, channel_->name());
    int limit = batch_size_;
    if (const auto budget = channel_->daily_budget())
        limit = std::min(limit, *budget - state.sent_today - count_leased(tx, channel_->name()));
    const Breaker breaker{state.failures, state.open_until_us};
    counts.paused = breaker.open(db::server_time(tx).us) || limit <= 0;
    if (counts.paused)
        return batch;
    batch.claimed = claim::claim_due(tx, delivery_table(), channel_->name(), owner_,
                                     std::chrono::milliseconds(k_lease_us / 1000), limit);
    std::vector<std::int64_t> ids;
    for (const auto& row : batch.claimed)
        ids.push_back(row.id);
    batch.deliveries = load_deliveries(tx, ids);
    HARMONIA_CHECK(batch.deliveries.size() == batch.claimed.size());
    std::vector<Attempt> lost;
    for (std::size_t i = 0; i < batch.claimed.size(); ++i)
        if (batch.claimed[i].lost)
            lost.push_back({batch.deliveries[i],
                            batch.claimed[i].attempt + 1,
                            channel_->masked(batch.deliveries[i].target),
                            {},
                            {}});
    store_lost(tx, channel_->name(), owner_, lost);
    tx.commit(Failpoint::alert_claim_commit);
    return batch;
}

// In chunks: after a failure the server is not asked further, and what cannot begin before the
// lease ends stays unsent.
std::vector<Result> Sender::send(const std::vector<Delivery>& deliveries) {
    const auto begun = std::chrono::steady_clock::now();
    const int chunk = 2 * channel_->at_once();
    bool all_sent = true;
    std::vector<Result> results;
    while (results.size() < deliveries.size() && all_sent && stop_signal() == 0 &&
           std::chrono::steady_clock::now() - begun < k_begin_within) {
        const auto left = std::span(deliveries).subspan(results.size());
        const auto size = std::min(static_cast<std::size_t>(chunk), left.size());
        for (Result& result : transport_->send(left.first(size))) {
            all_sent = all_sent && result.outcome == Class::sent;
            results.push_back(std::move(result));
        }
    }
    batch_size_ = all_sent ? std::max(chunk, std::min(2 * batch_size_, k_batch_max)) : chunk;
    results.resize(deliveries.size());
    return results;
}

// Not for the fallback's own failures: it would notify itself.
void Sender::raise_dead(db::Transaction& tx, const std::vector<Attempt>& attempts,
                        std::int64_t now_us) const {
    if (settings_.fallback_channel.empty() || settings_.fallback_channel == channel_->name())
        return;
    std::vector<observe::AlertEvent> events;
    for (const Attempt& attempt : attempts) {
        if (attempt.decision.kind != RetryDecision::Kind::dead)
            continue;
        const std::int64_t id = attempt.delivery.id;
        observe::AlertEvent event;
        event.kind = "delivery.dead";
        event.severity = "critical";
        event.at_us = now_us;
        event.labels = {{"channel", channel_->name()}, {"delivery", std::to_string(id)}};
        event.summary =
            fmt::format("{}: delivery {} is dead after {} attempts: {}", channel_->name(), id,
                        attempt.number, printable(attempt.result.reply, 100));
        event.details = json::Writer()
                            .open('{')
                            .member("explain", fmt::format("harmonia alert show {}", id))
                            .close('}')
                            .take();
        events.push_back(std::move(event));
    }
    observe::raise_alerts(tx, events, {.publish = settings_.publish});
}

void Sender::record(db::Connection& connection, const Batch& batch,
                    const std::vector<Result>& results, SendCounts& counts) {
    HARMONIA_CHECK(results.size() == batch.deliveries.size());
    db::Transaction tx(connection);
    const std::int64_t now_us = db::server_time(tx).us;
    auto state = load_channel_state(tx, channel_->name());
    std::vector<std::int64_t> ids, unsent;
    for (const Delivery& delivery : batch.deliveries)
        ids.push_back(delivery.id);
    const auto held = claim::still_held(tx, delivery_table(), owner_, ids);
    Breaker breaker{state.failures, state.open_until_us};
    std::vector<Attempt> attempts;
    std::vector<Delivery> sent;
    for (std::size_t i = 0; i < results.size(); ++i) {
        breaker.note(results[i], now_us);
        state.sent_today += results[i].outcome == Class::sent ? 1 : 0;
        if (!std::binary_search(held.begin(), held.end(), ids[i]))
            continue; // its lease ended, and another worker has it
        if (results[i].outcome == Class::unsent) {
            unsent.push_back(ids[i]);
            continue;
        }
        const Delivery& delivery = batch.deliveries[i];
        const int number = batch.claimed[i].attempt + 1;
        const auto decision = retry_decision(delivery.key, number, results[i], now_us);
        count(counts, decision.kind);
        if (decision.kind == RetryDecision::Kind::sent)
            sent.push_back(delivery);
        attempts.push_back(
            {delivery, number, channel_->masked(delivery.target), results[i], decision});
    }
    state.failures = breaker.failures;
    state.open_until_us = breaker.open_until_us;
    claim::give_back(tx, delivery_table(), owner_, unsent);
    store_attempts(tx, channel_->name(), owner_, attempts);
    store_channel_state(tx, channel_->name(), state);
    store_alert_states(tx, held);
    raise_dead(tx, attempts, now_us);
    transport_->commit_with(tx, sent);
    tx.commit(Failpoint::alert_sent_commit);
}

SendCounts Sender::drain(db::Connection& connection) {
    SendCounts counts;
    while (stop_signal() == 0) {
        const Batch batch = claim(connection, counts);
        if (batch.deliveries.empty())
            break;
        record(connection, batch, send(batch.deliveries), counts);
    }
    return counts;
}

} // namespace harmonia::alert
