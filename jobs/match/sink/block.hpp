// A block of mapped records on their way into the database. Texts lie in one buffer that keeps its
// memory from block to block: nothing is allocated per record once the buffers have grown.
#pragma once

#include "core/db/array.hpp"
#include "importers/sink/sink.hpp"
#include "jobs/match/sink/references.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::match {

/// A part of the block's buffer.
struct TextSpan {
    static constexpr std::uint32_t k_null = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t at = k_null, size = 0;
    [[nodiscard]] bool null() const { return at == k_null; }
};

/// A record as the block keeps it. Read through TransactionBlock::row().
struct TransactionRow {
    std::uint64_t record_no = 0, byte_offset = 0;
    std::int64_t batch_id = 0; ///< 0: the batch that write() is given
    TextSpan transaction_id, raw;
    bool identified = false;
    bool stored = false; ///< identified, and the merchant's mode wants a row
    std::uint32_t missing = 0, missing_count = 0; ///< place among the block's missing identifiers
    std::int64_t date_us = 0;
    // the rest only when stored
    TextSpan merchant, network, mid, mids, ids, currency, settlement_key, card_token, first_six,
        last_four, auth_code, approval_code, extra_fields;
    std::int64_t amount = 0, multiplier = 100;
    std::optional<std::int64_t> points, points_multiplier;
    bool has_time = true;
};

class RowView;

class TransactionBlock final : public importers::Block {
public:
    [[nodiscard]] std::size_t rows() const override { return rows_.size(); }
    [[nodiscard]] std::size_t bytes() const override {
        return text_.size() + rows_.size() * sizeof(TransactionRow);
    }
    void clear() override;

    /// Adds the record; `owner` says whose it is, `stored` whether a transaction row is wanted.
    void add(const importers::Place& place, std::string_view raw, std::string_view transaction_id,
             const importers::MappedRecord& record, const Owner& owner, bool stored);
    [[nodiscard]] RowView row(std::size_t i) const;
    [[nodiscard]] TransactionRow& last() { return rows_.back(); }
    /// Marks every row whose id is that of an earlier one in this block; the first one wins.
    void mark_repeated(std::vector<bool>& dropped) const;

private:
    friend class RowView;
    struct Missing {
        TextSpan network, kind, identifier, merchant;
    };
    [[nodiscard]] std::string_view text(TextSpan span) const {
        return span.null() ? std::string_view()
                           : std::string_view(text_).substr(span.at, span.size);
    }
    TextSpan put(std::string_view text);
    TextSpan put(const std::optional<std::string_view>& text);
    template <typename T>
    TextSpan put_array(const std::vector<T>& values);

    std::string text_;
    std::vector<TransactionRow> rows_;
    std::vector<Missing> missing_;
    db::ArrayText array_;                      ///< put_array()'s memory
    mutable std::vector<std::uint32_t> table_; ///< open addressing: place in rows_ + 1
};

/// One row of a block: its numbers by `->`, its texts by name; an absent text is "" or empty.
/// Valid until the block changes.
class RowView {
public:
    RowView(const TransactionBlock& block, const TransactionRow& row) : block_(block), row_(row) {}
    const TransactionRow* operator->() const { return &row_; }

    [[nodiscard]] std::string_view transaction_id() const { return text(row_.transaction_id); }
    [[nodiscard]] std::string_view raw() const { return text(row_.raw); }
    [[nodiscard]] std::string_view merchant() const { return text(row_.merchant); }
    [[nodiscard]] std::string_view network() const { return text(row_.network); }
    [[nodiscard]] std::string_view mid() const { return text(row_.mid); }
    [[nodiscard]] std::string_view mids() const { return text(row_.mids); } ///< text[]
    [[nodiscard]] std::string_view ids() const { return text(row_.ids); }   ///< bigint[]
    [[nodiscard]] std::string_view currency() const { return text(row_.currency); }
    [[nodiscard]] std::string_view card_token() const { return text(row_.card_token); }
    [[nodiscard]] std::string_view auth_code() const { return text(row_.auth_code); }
    [[nodiscard]] std::string_view approval_code() const { return text(row_.approval_code); }
    [[nodiscard]] std::string_view extra_fields() const { return text(row_.extra_fields); }
    [[nodiscard]] std::optional<std::string_view> settlement_key() const {
        return optional(row_.settlement_key);
    }
    [[nodiscard]] std::optional<std::string_view> first_six() const {
        return optional(row_.first_six);
    }
    [[nodiscard]] std::optional<std::string_view> last_four() const {
        return optional(row_.last_four);
    }
    /// The identifiers that were looked for and not found: `i` below missing_count.
    [[nodiscard]] UnknownIdentifier missing(std::uint32_t i) const {
        const auto& one = block_.missing_[row_.missing + i];
        return {text(one.network), text(one.kind), text(one.identifier), text(one.merchant)};
    }

private:
    [[nodiscard]] std::string_view text(TextSpan span) const { return block_.text(span); }
    [[nodiscard]] std::optional<std::string_view> optional(TextSpan span) const {
        return span.null() ? std::nullopt : std::optional(text(span));
    }
    const TransactionBlock& block_;
    const TransactionRow& row_;
};

inline RowView TransactionBlock::row(std::size_t i) const {
    return {*this, rows_[i]};
}

/// What the rows of one feed have in common.
struct FeedFacts {
    std::string provider;
    importers::FeedType type = importers::FeedType::merchant;
    std::string ruleset; ///< must approve its payments first; empty: none
};

/// Writes the rows that are new to the database and to the block, with their guards and raw forms.
[[nodiscard]] importers::BlockCounts write_block(db::Transaction& tx, const TransactionBlock& block,
                                                 const FeedFacts& feed, std::int64_t batch_id);

/// Only the payment or scheme rows, of records that are stored and not dropped.
void copy_transactions(db::Transaction& tx, const TransactionBlock& block, const FeedFacts& feed,
                       std::int64_t batch_id, const std::vector<bool>& dropped);

/// Marks stored rows whose payment or scheme row exists already: two feeds may name one network.
/// Returns how many it marked.
std::uint64_t drop_known_transactions(db::Transaction& tx, const TransactionBlock& block,
                                      const FeedFacts& feed, std::vector<bool>& dropped);

} // namespace harmonia::match
