// What `match` writes: blocks of decisions, each in one transaction that changes every row once.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/match/decide.hpp"
#include "jobs/match/load.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::match {

/// Decisions of whole groups: a group is never split, so that a run that was killed and repeated
/// gives the same reasons. Bounded by k_block_rows plus one group.
class Block {
public:
    struct PaymentRow {
        std::int64_t id = 0, scheme_id = 0; ///< scheme_id 0: none
        bool matched = false;
        bool known_user = true;
    };
    struct SchemeRowChange {
        std::int64_t id = 0;
        bool matched = false;
    };
    struct Reason {
        std::int64_t payment_id = 0;
        std::string network, feed_type, transaction_id;
        const char* outcome = "";
        std::string text;
    };
    std::vector<PaymentRow> payments;
    std::vector<SchemeRowChange> schemes;
    std::vector<Reason> reasons;
    std::int64_t matched = 0;

    /// Takes over what changes of a decided group; `decisions` lose their texts.
    void add(const Group& group, std::vector<Decision>& decisions);
    [[nodiscard]] std::size_t size() const {
        return payments.size() + schemes.size() + reasons.size();
    }
};

/// Rows and reasons a commit: large enough that a commit costs little, small enough that four
/// blocks (being filled, waiting, two being written) stay around a hundred megabytes.
inline constexpr std::size_t k_block_rows = 150'000;

/// What the rows of one merchant's run carry.
struct WriteFacts {
    std::string merchant, run_id;
    std::string matching_type; ///< LOYALTY, SPOTTED, FORCED, …
    std::string rule_digest, rule_text;
    db::Instant decided_at;   ///< the run's start: reasons of one run share it
    bool exported = false;    ///< an export of the merchant's name is declared
    bool holders = false;     ///< harmonia.card_holder says whose card it is
    std::string notify_queue; ///< empty: matches are not announced
};

/// Writes blocks on one connection. One thread.
class BlockStore {
public:
    BlockStore(db::Connection& connection, WriteFacts facts);
    /// One transaction. Error(try_again) when a row is no longer pending: another session came in
    /// between, and nothing of the block is written.
    void write(Block block, Failpoint point = Failpoint::match_pairs_commit);

private:
    void write_rows(db::Transaction& tx, const Block& block);
    void write_reasons(db::Transaction& tx, const Block& block);
    db::Connection& connection_;
    WriteFacts facts_;
};

/// Keeps the rule's text under the digest that every reason names; before the first block of it.
void store_rule(db::Connection& connection, const WriteFacts& facts);
/// The same, and remembers the declaration as applied (match_state_commit).
void store_state(db::Connection& connection, const WriteFacts& facts);

} // namespace harmonia::match
