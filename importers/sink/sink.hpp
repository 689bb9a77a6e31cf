// Where a feed ends: the job that owns the tables provides the sink; jobs/import only drives it.
//
// One session serves one run. add() runs on the parsing thread and is pure except for the run's
// snapshot of reference tables; write() runs on the loading thread inside the block's transaction.
// The two never see the same block at the same time.
#pragma once

#include "core/base/expected.hpp"
#include "core/broker/message.hpp"
#include "core/db/connection.hpp"
#include "importers/feed/feed.hpp"
#include "importers/sink/occurrence_counter.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// Where a record was found; goes to the raw table and to rejects.
struct Place {
    std::uint64_t record_number = 0, line = 0, offset = 0;
    bool secrets_dropped = false; ///< from the raw form (record.hpp, Storable)
};

/// A record that only the database's rows show to be bad: another one has its id.
struct Conflict {
    Place place;
    Problem problem;
    std::string raw;
};

struct BlockCounts {
    std::uint64_t inserted = 0, duplicates = 0;
    std::uint64_t unidentified = 0; ///< among inserted
    /// Of the block's records, duplicates included.
    std::optional<std::int64_t> date_from_us, date_to_us;
    std::vector<Conflict> conflicts =
        {}; ///< neither inserted nor duplicates; the caller rejects them
    std::map<std::string, std::uint64_t> warnings = {}; ///< code → inserted records
};

struct Block {
    virtual ~Block() = default;
    [[nodiscard]] virtual std::size_t rows() const = 0;
    [[nodiscard]] virtual std::size_t bytes() const = 0; ///< approximate memory held
    virtual void clear() = 0;                            ///< keeps the memory
};

/// A block of rows that own their memory.
template <typename Row>
struct RowsBlock final : Block {
    [[nodiscard]] std::size_t rows() const override { return all.size(); }
    [[nodiscard]] std::size_t bytes() const override { return bytes_held; }
    void clear() override {
        all.clear();
        bytes_held = 0;
    }
    std::vector<Row> all;
    std::size_t bytes_held = 0;
};

enum class Added { kept, skipped, skipped_warned };

class SinkSession {
public:
    virtual ~SinkSession() = default;
    [[nodiscard]] virtual std::unique_ptr<Block> new_block() = 0;
    /// Maps one parsed record and puts it into `block`, which new_block() of this session made. A
    /// record whose id is made from content is counted by `occurrences`; from the second one on,
    /// `~2`, `~3` … is appended to the id. Also called while a file is only checked (the block is
    /// then thrown away). Problem: rejected, the block is unchanged.
    [[nodiscard]] virtual Expected<Added> add(Block& block, const Place& place,
                                              std::string_view raw,
                                              std::span<const expr::Value> fields,
                                              OccurrenceCounter& occurrences) = 0;
    /// The same for one delivery of a queue, which also has properties; `raw` is the part of its
    /// body that may be stored.
    [[nodiscard]] virtual Expected<Added> add_message(Block& block, const Place& place,
                                                      const broker::Delivery& message,
                                                      std::string_view raw,
                                                      std::span<const expr::Value> fields,
                                                      OccurrenceCounter& occurrences) = 0;
    /// Writes the block's new rows; duplicates (of earlier rows, or inside the block) are counted
    /// and left alone. May throw db::Failure with unique_violation() or retryable() when another
    /// import got in between: the caller rolls back and calls again with the same block.
    [[nodiscard]] virtual BlockCounts write(db::Transaction& tx, Block& block,
                                            std::int64_t batch_id) = 0;
    /// Rows that are pending for the command that waits_for() names, for back-pressure.
    [[nodiscard]] virtual std::uint64_t waiting(db::Transaction& tx) = 0;
    [[nodiscard]] virtual const char* waits_for() const { return "match"; }
};

/// The base of every session: it makes blocks of type B and passes them on as what they are, so
/// that no session casts. `Derived` has
///
///     Expected<Added> take(B&, const Place&, std::string_view raw,
///                          std::span<const expr::Value> fields, OccurrenceCounter&);
///     BlockCounts store(db::Transaction&, B&, std::int64_t batch_id);
///
/// and, where a message is more than its body, take_message().
template <typename Derived, typename B>
class SessionOf : public SinkSession {
public:
    std::unique_ptr<Block> new_block() final { return std::make_unique<B>(); }
    Expected<Added> add(Block& block, const Place& place, std::string_view raw,
                        std::span<const expr::Value> fields, OccurrenceCounter& occurrences) final {
        return self().take(own(block), place, raw, fields, occurrences);
    }
    Expected<Added> add_message(Block& block, const Place& place, const broker::Delivery& message,
                                std::string_view raw, std::span<const expr::Value> fields,
                                OccurrenceCounter& occurrences) final {
        return self().take_message(own(block), place, message, raw, fields, occurrences);
    }
    BlockCounts write(db::Transaction& tx, Block& block, std::int64_t batch_id) final {
        return self().store(tx, own(block), batch_id);
    }

protected:
    Expected<Added> take_message(B& block, const Place& place, const broker::Delivery& /*message*/,
                                 std::string_view raw, std::span<const expr::Value> fields,
                                 OccurrenceCounter& occurrences) {
        return self().take(block, place, raw, fields, occurrences);
    }

private:
    Derived& self() { return static_cast<Derived&>(*this); }
    static B& own(Block& block) { return static_cast<B&>(block); }
};

/// Makes the session of one feed; reads its reference tables over `connection`, which it does not
/// keep.
using SinkFactory = std::function<std::unique_ptr<SinkSession>(std::shared_ptr<const Feed> feed,
                                                               db::Connection& connection)>;

} // namespace harmonia::importers
