// The messages of one transaction: mapped as they come, stored together.
#pragma once

#include "core/broker/message.hpp"
#include "jobs/import/plan/records.hpp"
#include "jobs/import/plan/wiring.hpp"
#include "jobs/import/store/store.hpp"

#include <set>

namespace harmonia::importing {

/// A payment's body has some two thousand bytes; the consumer holds up to two batches of bodies.
inline constexpr std::size_t k_body_bytes_max = std::size_t{256} << 10;

/// One thread. Problems of a message: those of its format and map, `record_too_long`,
/// `content_type`.
class MessageBatch {
public:
    explicit MessageBatch(FeedRun& run);
    void clear();
    void add(broker::Delivery&& message);
    [[nodiscard]] bool full(const Bounds& bounds) const {
        return bounds.full(size(), bytes_ + block_->bytes());
    }
    [[nodiscard]] std::size_t size() const { return messages_.size(); }
    [[nodiscard]] broker::DeliveryTag last() const { return messages_.back().tag; }
    /// Tags of this batch's dead letters, ascending.
    [[nodiscard]] const std::set<std::uint64_t>& dead() const { return dead_; }
    /// The same as store() wrote them.
    [[nodiscard]] const std::vector<DeadLetter>& stored_letters() const { return stored_letters_; }
    /// Rows, dead letters and the batch row in one transaction. If the database refuses a message's
    /// row, the batch is halved until it is alone, and it becomes a dead letter too.
    [[nodiscard]] Counts store();

private:
    void map(const broker::Delivery& message);
    Expected<importers::Added> take(const broker::Delivery& message);
    void refuse(const broker::Delivery& message, Problem problem);
    void start_block();
    DeadLetter letter(const broker::Delivery& message, Problem problem);
    std::vector<DeadLetter> with_conflicts(const importers::BlockCounts& written, std::size_t from);
    Counts store_block(std::size_t from); ///< of messages_: the block's first
    Counts store_range(std::size_t from, std::size_t to);

    FeedRun& run_;
    importers::OccurrenceCounter occurrences_{importers::OccurrenceCounter::Mode::messages};
    Adder adder_;
    std::unique_ptr<importers::Block> block_;
    std::unique_ptr<importers::FieldParser> parser_;
    std::vector<expr::Value> fields_;
    expr::Arena arena_;
    importers::Storable storable_;           ///< of the message at hand
    std::vector<broker::Delivery> messages_; ///< all of the batch
    std::uint64_t bytes_ = 0;                ///< of their bodies
    std::set<std::uint64_t> dead_;           ///< tags
    std::vector<DeadLetter> letters_;        ///< of the block at hand
    std::vector<DeadLetter> stored_letters_; ///< of the batch, committed
    Counts counts_; ///< of the block at hand: read, rejected, skipped, reasons
};

} // namespace harmonia::importing
