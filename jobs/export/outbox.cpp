#include "jobs/export/outbox.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/export/load.hpp"
#include "jobs/export/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace harmonia::exporting {
namespace {

using broker::Outcome;

constexpr std::size_t k_lanes_at_once = 16; // of 64: four processes share the outbox evenly
constexpr int k_block_rows = 2'048;         // a deletion's worth; two blocks are held in memory
constexpr std::chrono::seconds k_answer_wait{60}; // without any confirm: the broker is stuck
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

/// One group of lanes at work: the block being published and the one before it.
struct OutboxFlusher::Group {
    struct Sent {
        std::int64_t id;
        int attempts;
        std::optional<Outcome> outcome;
    };
    struct Block {
        std::vector<Sent> rows;
        std::size_t answered = 0;
    };

    db::Connection& connection;
    broker::Publisher& publisher;
    OutboxCounts& counts;
    std::array<Block, 2> blocks{}; ///< by the parity of their number
    bool progress = false;
    std::string json{}; ///< the last row's properties, and the parsed form: rows often share them
    broker::Properties properties{};

    void publish(std::uint64_t number, std::vector<OutboxRow> rows);
    void settle(std::uint64_t number);
    void note(Outcome outcome);
    void await(const Block& block);
};

/// A token is the block's number and the row's place in it.
constexpr unsigned k_place_bits = 32;

void OutboxFlusher::Group::publish(std::uint64_t number, std::vector<OutboxRow> rows) {
    auto& block = blocks[number % 2];
    block.answered = 0;
    block.rows.clear();
    for (const auto& row : rows)
        block.rows.push_back({row.id, row.attempts, std::nullopt});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& row = rows[i];
        const auto token = number << k_place_bits | i;
        try {
            if (json != row.properties)
                properties = broker::properties_from_json(row.properties);
            json = row.properties;
        } catch (const Error& problem) {
            json.clear();
            note({token, Outcome::State::nacked, problem.what()});
            continue;
        }
        publisher.publish({.exchange = std::move(row.exchange),
                           .routing_key = std::move(row.routing_key),
                           .mandatory = row.mandatory,
                           .properties = properties,
                           .headers = std::move(row.headers),
                           .body = std::move(row.body)},
                          token, row.key);
    }
}

void OutboxFlusher::Group::note(Outcome outcome) {
    auto& block = blocks[(outcome.token >> k_place_bits) % 2];
    const auto place = outcome.token & ((std::uint64_t{1} << k_place_bits) - 1);
    block.rows.at(place).outcome = std::move(outcome);
    ++block.answered;
}

void OutboxFlusher::Group::await(const Block& block) {
    auto deadline = std::chrono::steady_clock::now() + k_answer_wait;
    while (block.answered < block.rows.size()) {
        auto outcomes =
            publisher.take(Failpoint::export_outbox_confirm, std::chrono::milliseconds(500),
                           block.rows.size() - block.answered);
        for (auto& outcome : outcomes)
            note(std::move(outcome));
        const auto now = std::chrono::steady_clock::now();
        if (!outcomes.empty())
            deadline = now + k_answer_wait;
        else if (now > deadline)
            throw Error(Exit::try_again, "the broker has confirmed nothing for a minute",
                        "Look at the broker's alarms: it blocks publishers when memory or disk run "
                        "out. Nothing is lost; run export again.");
    }
}

/// Waits for the outcome of every row of the block, then writes the outcomes in one transaction.
void OutboxFlusher::Group::settle(std::uint64_t number) {
    auto& block = blocks[number % 2];
    await(block);
    std::vector<std::int64_t> confirmed;
    std::vector<Refused> refused;
    for (const auto& row : block.rows) {
        switch (row.outcome->state) {
        case Outcome::State::confirmed:
            confirmed.push_back(row.id);
            break;
        case Outcome::State::nacked:
        case Outcome::State::returned:
            log::warn("an outbox row was refused by the broker",
                      {{"outbox_id", row.id}, {"error", row.outcome->reason}});
            refused.push_back({row.id, row.attempts + 1, row.outcome->reason});
            break;
        case Outcome::State::unknown:
        case Outcome::State::held:
            break; // stays in the outbox as it is
        }
    }
    block = {};
    if (confirmed.empty() && refused.empty())
        return;
    db::Transaction tx(connection);
    settle_outbox(tx, confirmed, refused);
    tx.commit(Failpoint::export_outbox_commit);
    progress = true;
    counts.published += static_cast<std::int64_t>(confirmed.size());
    counts.refused += static_cast<std::int64_t>(refused.size());
}

OutboxFlusher::OutboxFlusher(broker::Settings settings, std::size_t window)
    : settings_(std::move(settings)), window_(window) {}

OutboxFlusher::~OutboxFlusher() = default;

OutboxCounts OutboxFlusher::flush(db::Connection& connection) {
    OutboxCounts counts;
    std::vector<int> lanes;
    std::int64_t id_max = 0;
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
                                std::int64_t id_max, OutboxCounts& counts) {
    for (int losses = 0;;) {
        if (publisher_ && publisher_->lost())
            publisher_->recover();
        std::map<int, std::int64_t> cursor;
        for (const int lane : lanes)
            cursor[lane] = 0;
        HeldKeys held;
        {
            db::Transaction tx(connection);
            held = held_keys(tx, lanes);
        }
        std::uint64_t number = 0;
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
                group.emplace(Group{connection, *publisher_, counts});
            group->publish(++number, std::move(rows));
            group->settle(number - 1);
        }
        if (!group)
            return;
        group->settle(number);
        publisher_->reset_failed_keys();
        if (!publisher_->lost() || stop_signal() != 0)
            return;
        losses = group->progress ? 0 : losses + 1;
        if (losses >= k_losses_max)
            throw Error(Exit::unavailable, "the broker drops every connection before it confirms");
    }
}

} // namespace harmonia::exporting
