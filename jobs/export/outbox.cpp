#include "jobs/export/outbox.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/export/load.hpp"
#include "jobs/export/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>

namespace harmonia::export_job {
namespace {

using broker::Outcome;

constexpr std::size_t k_lanes_at_once = 16; // of 64: four processes share the outbox evenly
constexpr int k_block_rows = 2'048;         // a deletion's worth; two blocks are held in memory
constexpr std::chrono::seconds k_answer_wait{
    60};                         // a broker that confirms nothing for so long is stuck
constexpr int k_losses_max = 10; // connections lost in a row without one confirm between them

using LaneLocks = std::vector<std::pair<int, db::SessionLock>>;

/// Takes some of `lanes` (removing them, and those that another process holds, which count as
/// busy).
LaneLocks claim_lanes(db::Connection& connection, std::vector<int>& lanes, OutboxCounts& counts) {
    LaneLocks locks;
    while (!lanes.empty() && locks.size() < k_lanes_at_once) {
        const int lane = lanes.back();
        lanes.pop_back();
        auto lock = db::SessionLock::acquire(connection, db::LockClass::outbox_lane,
                                             std::to_string(lane), std::chrono::milliseconds(0));
        if (lock)
            locks.emplace_back(lane, std::move(*lock));
        else
            ++counts.busy;
    }
    return locks;
}

} // namespace

/// One group of lanes under way: what was published and is not settled.
struct OutboxFlusher::Group {
    struct Sent {
        int attempts;
        std::optional<Outcome> outcome;
    };
    using Block = std::vector<long long>; ///< ids

    db::Connection& connection;
    broker::Publisher& publisher;
    OutboxCounts& counts;
    std::unordered_map<long long, Sent> open;
    bool progress = false;
    std::string json; ///< the last row's properties, and what they are: most rows share them
    broker::Properties properties;

    void publish(OutboxRow row);
    void settle(const Block& block);
    void answer(const Block& block, std::vector<long long>& confirmed,
                std::vector<Refused>& refused);
};

void OutboxFlusher::Group::publish(OutboxRow row) {
    const auto token = static_cast<std::uint64_t>(row.id);
    auto& sent = open[row.id];
    sent.attempts = row.attempts;
    try {
        if (json != row.properties)
            properties = broker::properties_from_json(row.properties);
        json = row.properties;
    } catch (const Error& problem) {
        sent.outcome = Outcome{token, Outcome::State::nacked, problem.what()};
        return;
    }
    publisher.publish({.exchange = std::move(row.exchange),
                       .routing_key = std::move(row.routing_key),
                       .mandatory = row.mandatory,
                       .properties = properties,
                       .headers = std::move(row.headers),
                       .body = std::move(row.body)},
                      token, row.key);
}

/// Waits until every row of the block is answered for, then writes the outcomes in one transaction.
void OutboxFlusher::Group::settle(const Block& block) {
    const auto unanswered = [&](long long id) { return !open.at(id).outcome; };
    auto deadline = std::chrono::steady_clock::now() + k_answer_wait;
    while (std::any_of(block.begin(), block.end(), unanswered)) {
        auto outcomes =
            publisher.take(Failpoint::export_outbox_confirm, std::chrono::milliseconds(500));
        for (auto& outcome : outcomes)
            open.at(static_cast<long long>(outcome.token)).outcome = std::move(outcome);
        const auto now = std::chrono::steady_clock::now();
        if (!outcomes.empty())
            deadline = now + k_answer_wait;
        else if (now > deadline)
            throw Error(Exit::try_again, "the broker has confirmed nothing for a minute",
                        "Look at the broker's alarms: it blocks publishers when memory or disk run "
                        "out. Nothing is lost; run export again.");
    }
    std::vector<long long> confirmed;
    std::vector<Refused> refused;
    answer(block, confirmed, refused);
    if (confirmed.empty() && refused.empty())
        return;
    db::Transaction tx(connection);
    settle_outbox(tx, confirmed, refused);
    tx.commit(Failpoint::export_outbox_commit);
    progress = true;
    counts.published += static_cast<std::int64_t>(confirmed.size());
    counts.refused += static_cast<std::int64_t>(refused.size());
}

void OutboxFlusher::Group::answer(const Block& block, std::vector<long long>& confirmed,
                                  std::vector<Refused>& refused) {
    for (const auto id : block) {
        const auto sent = open.extract(id).mapped();
        switch (sent.outcome->state) {
        case Outcome::State::confirmed:
            confirmed.push_back(id);
            break;
        case Outcome::State::nacked:
        case Outcome::State::returned:
            log::warn("an outbox row was refused by the broker",
                      {{"outbox_id", id}, {"error", sent.outcome->reason}});
            refused.push_back({id, sent.attempts + 1, sent.outcome->reason});
            break;
        case Outcome::State::unknown:
        case Outcome::State::held:
            break; // stays as it is
        }
    }
}

OutboxFlusher::OutboxFlusher(broker::Settings settings, std::size_t window)
    : settings_(std::move(settings)), window_(window) {}

OutboxFlusher::~OutboxFlusher() = default;

OutboxCounts OutboxFlusher::flush(db::Connection& connection) {
    OutboxCounts counts;
    std::vector<int> lanes;
    long long id_max = 0;
    {
        db::Transaction tx(connection);
        id_max = outbox_end(tx);
        if (id_max > 0)
            lanes = lanes_with_work(tx, id_max);
    }
    // Two processes that start together begin at different lanes.
    if (!lanes.empty())
        std::rotate(lanes.begin(),
                    lanes.begin() + connection.backend_pid() % static_cast<int>(lanes.size()),
                    lanes.end());
    while (!lanes.empty() && stop_signal() == 0) {
        const auto locks = claim_lanes(connection, lanes, counts);
        std::vector<int> claimed;
        for (const auto& [lane, lock] : locks)
            claimed.push_back(lane);
        if (!claimed.empty())
            flush_lanes(connection, claimed, id_max, counts);
    }
    return counts;
}

void OutboxFlusher::flush_lanes(db::Connection& connection, const std::vector<int>& lanes,
                                long long id_max, OutboxCounts& counts) {
    for (int losses = 0;;) {
        if (publisher_ && publisher_->lost())
            publisher_->recover();
        std::map<int, long long> cursor;
        for (const int lane : lanes)
            cursor[lane] = 0;
        HeldKeys held;
        {
            db::Transaction tx(connection);
            held = held_keys(tx, lanes);
        }
        Group::Block before;
        std::optional<Group> group;
        while (stop_signal() == 0 && !(publisher_ && publisher_->lost())) {
            std::vector<OutboxRow> rows;
            {
                db::Transaction tx(connection);
                const int per_lane = k_block_rows / static_cast<int>(lanes.size());
                rows = next_outbox_rows(tx, cursor, held, id_max, per_lane);
            }
            if (rows.empty())
                break;
            if (!publisher_)
                publisher_ = std::make_unique<broker::Publisher>(
                    settings_, broker::PublisherOptions{.window = window_});
            if (!group)
                group.emplace(Group{connection, *publisher_, counts, {}, false, {}, {}});
            Group::Block block;
            for (auto& row : rows) {
                block.push_back(row.id);
                group->publish(std::move(row));
            }
            group->settle(before);
            before = std::move(block);
        }
        if (!group)
            return;
        group->settle(before);
        publisher_->forgive();
        if (!publisher_->lost() || stop_signal() != 0)
            return;
        losses = group->progress ? 0 : losses + 1;
        if (losses >= k_losses_max)
            throw Error(Exit::unavailable, "the broker drops every connection before it confirms");
    }
}

} // namespace harmonia::export_job
