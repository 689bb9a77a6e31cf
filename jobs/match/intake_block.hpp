// A block of mapped records on their way into the database. Texts lie in one buffer that keeps its
// memory from block to block: nothing is allocated per record once the buffers have grown.
#pragma once

#include "importers/sink.hpp"
#include "jobs/match/references.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::match {

/// A slice of the block's buffer.
struct Slice {
    static constexpr std::uint32_t k_null = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t at = k_null, size = 0;
    [[nodiscard]] bool null() const { return at == k_null; }
};

struct IntakeRow {
    std::uint64_t record_no = 0, byte_offset = 0;
    std::int64_t batch_id = 0; ///< 0: the batch that write() is given
    Slice transaction_id, raw;
    bool identified = false;
    bool stored = false; ///< identified, and the merchant's mode wants a row
    std::uint32_t missing = 0, missing_count = 0; ///< in IntakeBlock::missing_rows
    std::int64_t date_us = 0;
    // the rest only when stored
    Slice merchant, network, mid, mids, ids, currency, settlement_key, card_token, first_six,
        last_four, auth_code, approval_code, extra_fields;
    std::int64_t amount = 0, multiplier = 100;
    std::optional<std::int64_t> points, points_multiplier;
    bool has_time = true;
};

struct MissingSlice {
    Slice network, kind, identifier, merchant;
};

class IntakeBlock final : public importers::Block {
public:
    [[nodiscard]] std::size_t rows() const override { return rows_.size(); }
    [[nodiscard]] std::size_t bytes() const override {
        return text_.size() + rows_.size() * sizeof(IntakeRow);
    }
    void clear() override;

    /// Adds the record; `owner` says whose it is, `stored` whether a transaction row is wanted.
    void add(const importers::Place& place, std::string_view raw, std::string_view transaction_id,
             const importers::MappedRecord& record, const Owner& owner, bool stored);
    [[nodiscard]] std::string_view text(Slice slice) const {
        return slice.null() ? std::string_view()
                            : std::string_view(text_).substr(slice.at, slice.size);
    }
    [[nodiscard]] const std::vector<IntakeRow>& all() const { return rows_; }
    [[nodiscard]] IntakeRow& last() { return rows_.back(); }
    [[nodiscard]] const std::vector<MissingSlice>& missing() const { return missing_; }
    /// Marks every row whose id stood earlier in this block; the first copy wins.
    void mark_twins(std::vector<bool>& dropped) const;

private:
    Slice put(std::string_view text);
    Slice put(const std::optional<std::string_view>& text);
    Slice put_array(const std::vector<std::string_view>& texts);
    Slice put_array(const std::vector<std::int64_t>& values);

    std::string text_;
    std::vector<IntakeRow> rows_;
    std::vector<MissingSlice> missing_;
    mutable std::vector<std::uint32_t> table_; ///< open addressing: place in rows_ + 1
};

/// What of a feed its rows carry.
struct FeedFacts {
    std::string provider;
    importers::FeedType type = importers::FeedType::merchant;
    std::string ruleset; ///< must approve first; empty: none
};

/// Writes the rows that are neither in the database nor twice in the block, with their guards and
/// raw forms.
[[nodiscard]] importers::BlockCounts write_block(db::Transaction& tx, const IntakeBlock& block,
                                                 const FeedFacts& feed, std::int64_t batch_id);

/// Only the payment or scheme rows of what is stored and not dropped.
void copy_transactions(db::Transaction& tx, const IntakeBlock& block, const FeedFacts& feed,
                       std::int64_t batch_id, const std::vector<bool>& dropped);

/// Marks stored rows whose payment or scheme row exists already: two feeds may name one network.
/// Returns how many it marked.
std::uint64_t drop_known_transactions(db::Transaction& tx, const IntakeBlock& block,
                                      const FeedFacts& feed, std::vector<bool>& dropped);

} // namespace harmonia::match
