// The messages of one transaction: mapped as they come, stored together.
#pragma once

#include "core/broker/message.hpp"
#include "jobs/import/file.hpp"
#include "jobs/import/store.hpp"

namespace harmonia::importing {

/// A payment's body is some two thousand bytes; the consumer holds up to two batches of bodies.
inline constexpr std::size_t k_body_bytes_max = std::size_t{256} << 10;

/// One thread. Problems of a message: those of its format and map, `record_too_long`,
/// `content_type`.
class MessageBatch {
public:
    explicit MessageBatch(FeedRun& run);
    void clear();
    void add(const broker::Delivery& message);
    [[nodiscard]] bool full(const Bounds& bounds) const {
        return bounds.full(counts_.read, bytes_ + block_->bytes());
    }
    [[nodiscard]] const Counts& counts() const { return counts_; }
    [[nodiscard]] broker::DeliveryTag last() const { return last_; }
    /// Rows, dead letters and the batch row in one transaction.
    [[nodiscard]] Counts store();

private:
    Expected<importers::Added> take(const broker::Delivery& message);

    FeedRun& run_;
    importers::Twins twins_{importers::Twins::Mode::messages};
    Adder adder_;
    std::unique_ptr<importers::Block> block_;
    std::unique_ptr<importers::Splitter> splitter_;
    std::vector<expr::Value> fields_;
    expr::Arena arena_;
    std::vector<DeadLetter> letters_;
    Counts counts_; ///< read, rejected, skipped
    std::uint64_t bytes_ = 0;
    broker::DeliveryTag last_;
};

} // namespace harmonia::importing
