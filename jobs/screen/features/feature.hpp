// Features of the judged rows: for each feature one pass over the rows of each key, in the order of
// time.
#pragma once

#include "core/base/packed.hpp"
#include "jobs/screen/facts/history.hpp"
#include "jobs/screen/facts/rational.hpp"
#include "jobs/screen/rules/ruleset.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace harmonia::screen {

inline constexpr std::uint32_t k_no_row = std::numeric_limits<std::uint32_t>::max();

/// Values of one feature while they are computed, one per judged row; which columns are filled
/// depends on the aggregate. Threads may write different rows.
struct FeatureValues {
    static constexpr std::uint32_t k_missing = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> n;    ///< rows counted; k_missing: the value is missing
    std::vector<std::int64_t> value; ///< distinct, share, min, max, last, nth_last, first_at,
                                     ///< since_last
    std::vector<Int128> sum;         ///< sum, avg, stddev
    std::vector<Int128> squares;     ///< stddev
};

/// Sums; most fit 64 bits.
class PackedSums {
public:
    PackedSums() = default;
    explicit PackedSums(std::vector<Int128> sums);
    [[nodiscard]] bool empty() const { return narrow_.empty() && wide_.empty(); }
    [[nodiscard]] Int128 operator[](std::size_t at) const {
        return wide_.empty() ? narrow_[at] : wide_[at];
    }

private:
    Packed narrow_;
    std::vector<Int128> wide_; ///< all of them, if one does not fit
};

/// The finished values in little memory, because all features of all judged rows are kept.
struct FeatureColumn {
    static constexpr std::int64_t k_missing = -1;
    explicit FeatureColumn(FeatureValues values);
    Packed n;
    Packed value;
    PackedSums sum, squares;
};

/// Whether it aggregates the values of a field, over the rows that have one.
[[nodiscard]] bool reads_field(Aggregate aggregate);
/// Whether its values are codes of a dictionary.
[[nodiscard]] bool is_text(const Feature& feature);
/// The columns that the aggregate needs, every value missing.
[[nodiscard]] FeatureValues no_values(const Feature& feature, std::size_t rows);

/// Where the card was before, for speed_kmh(), km and gap.
struct TravelValues {
    explicit TravelValues(std::size_t rows) : metres(rows, -1), gap_us(rows, 0) {}
    std::vector<std::int64_t> metres; ///< negative: missing
    std::vector<std::int64_t> gap_us;
};
struct TravelColumn {
    TravelColumn() = default;
    explicit TravelColumn(const TravelValues& values)
        : metres(Packed::of(values.metres)), gap_us(Packed::of(values.gap_us)) {}
    Packed metres, gap_us;
};

struct Position {
    std::int32_t lat, lon;
};
/// Where a payment was made: its own position, else the merchant's.
[[nodiscard]] std::optional<Position> position_of(const History& history, std::size_t row);
/// Whether a journey can have started there: the card was present, place and time are known.
[[nodiscard]] bool is_stop(const History& history, std::size_t row);

/// Rows grouped by key: rows[starts[g] … starts[g + 1]) have one key, in the History's order. Rows
/// without a part of the key are in no group.
struct Groups {
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> starts = {0};
    [[nodiscard]] std::size_t size() const { return starts.size() - 1; }
};
[[nodiscard]] Groups group_by(const History& history, Field text_field);
/// Each group split by the values of another field.
[[nodiscard]] Groups refine(const History& history, const Groups& wider, Field field);

/// A row's value of a field as a number: a code, an amount, a time or a position. Empty: missing.
[[nodiscard]] std::optional<std::int64_t> raw_value(const History& history, Field field,
                                                    std::size_t row);

/// Which rows count for a feature (its `where`, or the `of` of a share), one byte per row; empty:
/// all.
using RowMask = std::vector<std::uint8_t>;

/// What features are computed from.
struct FeatureInput {
    const History& history;
    const Ruleset& ruleset;
    std::int64_t label_asof_us;
    unsigned threads;
    std::function<RowMask(const Formula&)> mask; ///< the rows for which a formula holds
};

class FeatureTable {
public:
    /// Computes the features, in passes.
    explicit FeatureTable(const FeatureInput& input);
    /// Takes features computed elsewhere: one column per feature.
    FeatureTable(std::vector<FeatureColumn> columns, TravelColumn travel)
        : columns_(std::move(columns)), travel_(std::move(travel)) {}

    [[nodiscard]] const FeatureColumn& column(std::size_t feature) const {
        return columns_[feature];
    }
    [[nodiscard]] const TravelColumn& travel() const { return travel_; }

private:
    std::vector<FeatureColumn> columns_;
    TravelColumn travel_;
};

/// Another way to compute the same table.
using FeatureSource = std::function<FeatureTable(const FeatureInput&)>;

} // namespace harmonia::screen
