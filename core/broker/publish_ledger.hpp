// The messages that a publisher must answer for: which may be sent next, which are in flight, what
// became of each. Knows neither connection nor thread (tests/unit/broker/ drives it). Inside
// core/broker only.
//
// A channel that the broker closes over one message does not say which. All in flight are then sent
// again one at a time (`careful_`), byte-identical, until the message at fault is alone when it
// happens: that one failed.
#pragma once

#include "core/broker/message.hpp"
#include "core/broker/publisher.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace harmonia::broker {

class PublishLedger {
public:
    explicit PublishLedger(std::size_t window) : window_(window) {}

    struct Item {
        Message message;
        std::uint64_t token = 0;
        std::string key; ///< order key; empty: none
    };
    using ItemPointer =
        std::unique_ptr<Item>; ///< a message is half a kilobyte of members: never moved
    void accept(ItemPointer item);

    /// The message that may be sent now, or null. Stays the same until sent() or refused().
    [[nodiscard]] const Message* next();
    void sent();
    /// The message of next() cannot be encoded: answered as nacked.
    void refused(const std::string& reason);

    void confirmed(std::uint64_t tag, bool multiple) {
        settle(tag, multiple, Outcome::State::confirmed);
    }
    void nacked(std::uint64_t tag, bool multiple) { settle(tag, multiple, Outcome::State::nacked); }
    /// A message came back. It carries no tag: it is the oldest in flight that equals it. Its
    /// confirm follows and settles it as returned.
    void returned(const Message& message, const std::string& reason);
    void channel_closed(bool missing_exchange, const std::string& reason);
    void connection_lost(const std::string& reason);
    void reset_failed_keys();

    [[nodiscard]] std::size_t in_flight() const { return unsettled_; }
    /// Outcomes since the last call, and the body bytes they release.
    [[nodiscard]] std::vector<Outcome> take_outcomes(std::size_t& bytes);

private:
    struct Slot {
        ItemPointer item;
        bool settled = false, returned = false;
        std::string reason;
    };
    void settle(std::uint64_t tag, bool multiple, Outcome::State state);
    void answer(const Item& item, Outcome::State state, std::string reason);
    void release_key(const std::string& key, bool ok);

    std::size_t window_;
    std::deque<ItemPointer> ready_;   ///< may be sent when the window allows
    std::deque<ItemPointer> careful_; ///< to be sent again alone, before everything else
    std::deque<Slot> flight_;         ///< front has tag first_tag_
    std::uint64_t first_tag_ = 1;
    std::size_t unsettled_ = 0;
    std::unordered_map<std::string, std::list<ItemPointer>>
        chains_; ///< per key in flight or ready: those that wait behind it
    std::unordered_set<std::string> failed_keys_, missing_exchanges_;
    std::vector<Outcome> outcomes_;
    std::size_t outcome_bytes_ = 0;
};

} // namespace harmonia::broker
