#include "jobs/alert/send.hpp"

#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace harmonia::alert {

using Class = Result::Class;

namespace {

constexpr int k_batch_max = 256; // a commit for so many costs little beside sending them
// A piece lasts twice a sending's 30 s at most, and the lease 90 s.
constexpr std::chrono::seconds k_begin_within{25};

} // namespace

void SendCounts::add(const SendCounts& more) {
    sent += more.sent;
    again += more.again;
    dead += more.dead;
    resting = resting || more.resting;
}

struct Courier::Batch {
    std::vector<claim::Claimed> claimed;
    std::vector<Letter> letters; ///< parallel
};

Courier::Courier(const Settings& settings, std::shared_ptr<const Channel> channel,
                 std::string owner)
    : settings_(settings), channel_(std::move(channel)), owner_(std::move(owner)),
      sender_(channel_->open()), batch_size_(2 * channel_->at_once()) {}

Courier::Batch Courier::claim(db::Connection& connection, SendCounts& counts) {
    Batch batch;
    db::Transaction tx(connection);
    const auto memory = load_memory(tx, channel_->name());
    int limit = batch_size_;
    if (const auto budget = channel_->daily_budget())
        limit = std::min(limit, *budget - memory.sent_today - leased(tx, channel_->name()));
    counts.resting = memory.open_until_us && *memory.open_until_us > server_now_us(tx);
    counts.resting = counts.resting || limit <= 0;
    if (counts.resting)
        return batch;
    batch.claimed = claim::claim_due(tx, delivery_table(), channel_->name(), owner_,
                                     std::chrono::milliseconds(k_lease_us / 1000), limit);
    std::vector<long long> ids;
    for (const auto& row : batch.claimed)
        ids.push_back(row.id);
    batch.letters = load_letters(tx, ids);
    std::vector<Attempt> lost;
    for (std::size_t i = 0; i < batch.claimed.size(); ++i)
        if (batch.claimed[i].lost)
            lost.push_back({batch.letters[i],
                            batch.claimed[i].attempt + 1,
                            channel_->masked(batch.letters[i].target),
                            {},
                            {}});
    store_lost(tx, channel_->name(), owner_, lost);
    tx.commit(Failpoint::alert_claim_commit);
    return batch;
}

// Piece by piece: what a server in trouble is not asked, and what there is no time for before the
// lease ends, stays unsent.
std::vector<Result> Courier::send(const std::vector<Letter>& letters) {
    const auto begun = std::chrono::steady_clock::now();
    const auto piece = static_cast<std::size_t>(2 * channel_->at_once());
    bool well = true;
    std::vector<Result> results;
    while (results.size() < letters.size() && well && stop_signal() == 0 &&
           std::chrono::steady_clock::now() - begun < k_begin_within) {
        const std::span<const Letter> rest = std::span(letters).subspan(results.size());
        for (Result& result : sender_->send(rest.first(std::min(piece, rest.size())))) {
            well = well && result.outcome == Class::sent;
            results.push_back(std::move(result));
        }
    }
    const int least = 2 * channel_->at_once();
    batch_size_ = well ? std::max(least, std::min(2 * batch_size_, k_batch_max)) : least;
    results.resize(letters.size());
    return results;
}

// Not for the fallback's own failures: it would call for itself.
void Courier::raise_dead(db::Transaction& tx, const std::vector<Attempt>& attempts) const {
    if (settings_.fallback_channel.empty() || settings_.fallback_channel == channel_->name())
        return;
    std::vector<observe::AlertEvent> events;
    for (const Attempt& attempt : attempts) {
        if (attempt.fate.kind != Fate::Kind::dead)
            continue;
        observe::AlertEvent event;
        event.kind = "delivery.dead";
        event.severity = "critical";
        event.at_us = server_now_us(tx);
        event.labels = {{"channel", channel_->name()},
                        {"delivery", std::to_string(attempt.letter.id)}};
        event.summary =
            fmt::format("{}: delivery {} is dead after {} attempts: {}", channel_->name(),
                        attempt.letter.id, attempt.number, printable(attempt.result.reply, 100));
        event.details =
            Json{{"explain", fmt::format("harmonia alert show {}", attempt.letter.id)}}.dump();
        events.push_back(std::move(event));
    }
    observe::raise_alerts(tx, events, {.publish = settings_.publish});
}

void Courier::record(db::Connection& connection, const Batch& batch,
                     const std::vector<Result>& results, SendCounts& counts) {
    db::Transaction tx(connection);
    const std::int64_t now = server_now_us(tx);
    auto memory = load_memory(tx, channel_->name());
    std::vector<long long> ids, unsent;
    for (const Letter& letter : batch.letters)
        ids.push_back(letter.id);
    const auto held = claim::still_held(tx, delivery_table(), owner_, ids);
    Breaker breaker{memory.failures, memory.open_until_us};
    std::vector<Attempt> attempts;
    std::vector<Letter> sent;
    for (std::size_t i = 0; i < results.size(); ++i) {
        breaker.note(results[i], now);
        memory.sent_today += results[i].outcome == Class::sent ? 1 : 0;
        if (!std::binary_search(held.begin(), held.end(), ids[i]))
            continue;
        if (results[i].outcome == Class::unsent) {
            unsent.push_back(ids[i]);
            continue;
        }
        const int number = batch.claimed[i].attempt + 1;
        const Fate became = fate(batch.letters[i].key, number, results[i], now);
        counts.sent += became.kind == Fate::Kind::sent ? 1 : 0;
        counts.again += became.kind == Fate::Kind::again ? 1 : 0;
        counts.dead += became.kind == Fate::Kind::dead ? 1 : 0;
        if (became.kind == Fate::Kind::sent)
            sent.push_back(batch.letters[i]);
        attempts.push_back({batch.letters[i], number, channel_->masked(batch.letters[i].target),
                            results[i], became});
    }
    memory.failures = breaker.failures;
    memory.open_until_us = breaker.open_until_us;
    claim::give_back(tx, delivery_table(), owner_, unsent);
    store_attempts(tx, channel_->name(), owner_, attempts);
    store_memory(tx, channel_->name(), memory);
    store_alert_states(tx, held);
    raise_dead(tx, attempts);
    sender_->commit_with(tx, sent);
    tx.commit(Failpoint::alert_sent_commit);
}

SendCounts Courier::drain(db::Connection& connection) {
    SendCounts counts;
    while (stop_signal() == 0) {
        const Batch batch = claim(connection, counts);
        if (batch.letters.empty())
            break;
        record(connection, batch, send(batch.letters), counts);
    }
    return counts;
}

} // namespace harmonia::alert
