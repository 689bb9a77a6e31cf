#include "core/broker/publish_ledger.hpp"

#include <utility>

namespace harmonia::broker {
namespace {

constexpr const char* k_key_failed = "an earlier message of its key failed";
constexpr const char* k_no_nack_reason = "the broker refused it without saying why";

} // namespace

void PublishLedger::accept(ItemPointer item) {
    if (item->key.empty()) {
        ready_.push_back(std::move(item));
        return;
    }
    if (failed_keys_.contains(item->key)) {
        answer(*item, Outcome::State::held, k_key_failed);
        return;
    }
    const auto [chain, first] = chains_.try_emplace(item->key);
    if (first)
        ready_.push_back(std::move(item));
    else
        chain->second.push_back(std::move(item));
}

const Message* PublishLedger::next() {
    if (!careful_.empty())
        return unsettled_ == 0 ? &careful_.front()->message : nullptr;
    if (unsettled_ >= window_)
        return nullptr;
    while (!ready_.empty()) {
        const auto& message = ready_.front()->message;
        if (!missing_exchanges_.contains(message.exchange))
            return &message;
        refused("no exchange '" + message.exchange + "'");
    }
    return nullptr;
}

void PublishLedger::sent() {
    auto& from = careful_.empty() ? ready_ : careful_;
    flight_.push_back({std::move(from.front()), false, false, {}});
    from.pop_front();
    ++unsettled_;
}

void PublishLedger::refused(const std::string& reason) {
    auto& from = careful_.empty() ? ready_ : careful_;
    const auto item = std::move(from.front());
    from.pop_front();
    answer(*item, Outcome::State::nacked, reason);
    release_key(item->key, false);
}

void PublishLedger::settle(std::uint64_t tag, bool multiple, Outcome::State state) {
    if (tag < first_tag_ || tag >= first_tag_ + flight_.size())
        return;
    const auto last = tag - first_tag_;
    for (auto i = multiple ? 0 : last; i <= last; ++i) {
        auto& slot = flight_[i];
        if (slot.settled)
            continue;
        slot.settled = true;
        --unsettled_;
        auto become = state;
        if (slot.returned)
            become = Outcome::State::returned;
        auto reason = std::move(slot.reason);
        if (become == Outcome::State::nacked && reason.empty())
            reason = k_no_nack_reason;
        answer(*slot.item, become, std::move(reason));
        release_key(slot.item->key, become == Outcome::State::confirmed);
    }
    while (!flight_.empty() && flight_.front().settled) {
        flight_.pop_front();
        ++first_tag_;
    }
}

void PublishLedger::returned(const Message& message, const std::string& reason) {
    for (auto& slot : flight_) {
        const auto& sent = slot.item->message;
        if (slot.settled || slot.returned || sent.exchange != message.exchange ||
            sent.routing_key != message.routing_key ||
            sent.properties.message_id != message.properties.message_id ||
            sent.body != message.body)
            continue;
        slot.returned = true;
        slot.reason = reason;
        return;
    }
}

void PublishLedger::channel_closed(bool missing_exchange, const std::string& reason) {
    const bool alone = unsettled_ == 1;
    for (auto slot = flight_.rbegin(); slot != flight_.rend(); ++slot) {
        if (slot->settled)
            continue;
        if (!alone) {
            careful_.push_front(std::move(slot->item));
            continue;
        }
        if (missing_exchange)
            missing_exchanges_.insert(slot->item->message.exchange);
        answer(*slot->item, Outcome::State::nacked, reason);
        release_key(slot->item->key, false);
    }
    flight_.clear();
    unsettled_ = 0;
    first_tag_ = 1;
}

void PublishLedger::connection_lost(const std::string& reason) {
    for (auto& slot : flight_)
        if (!slot.settled)
            answer(*slot.item, Outcome::State::unknown, reason);
    for (const auto& item : careful_)
        answer(*item, Outcome::State::unknown, reason);
    for (const auto& item : ready_)
        answer(*item, Outcome::State::held, reason);
    for (const auto& [key, waiting] : chains_)
        for (const auto& item : waiting)
            answer(*item, Outcome::State::held, reason);
    flight_.clear();
    careful_.clear();
    ready_.clear();
    chains_.clear();
    unsettled_ = 0;
    first_tag_ = 1;
}

void PublishLedger::reset_failed_keys() {
    failed_keys_.clear();
    missing_exchanges_.clear();
}

std::vector<Outcome> PublishLedger::take_outcomes(std::size_t& bytes) {
    bytes = std::exchange(outcome_bytes_, 0);
    return std::exchange(outcomes_, {});
}

void PublishLedger::answer(const Item& item, Outcome::State state, std::string reason) {
    outcome_bytes_ += item.message.body.size();
    outcomes_.push_back({item.token, state, std::move(reason)});
}

void PublishLedger::release_key(const std::string& key, bool ok) {
    if (key.empty())
        return;
    const auto chain = chains_.find(key);
    if (chain == chains_.end())
        return;
    auto& waiting = chain->second;
    if (ok && !waiting.empty()) {
        ready_.push_back(std::move(waiting.front()));
        waiting.pop_front();
        return;
    }
    if (!ok) {
        failed_keys_.insert(key);
        for (const auto& item : waiting)
            answer(*item, Outcome::State::held, k_key_failed);
    }
    chains_.erase(chain);
}

} // namespace harmonia::broker
