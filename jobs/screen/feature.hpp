// Features of the rows to be judged: rows of one key together, in the order of time, one pass over
// each key's rows a feature.
#pragma once

#include "core/base/packed.hpp"
#include "jobs/screen/exact.hpp"
#include "jobs/screen/history.hpp"
#include "jobs/screen/ruleset.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace harmonia::screen {

inline constexpr std::uint32_t k_no_row = std::numeric_limits<std::uint32_t>::max();

/// Values of one feature while they are worked out, one a judged row; which columns are filled
/// depends on the aggregate. Threads may write different rows.
struct FeatureValues {
    static constexpr std::uint32_t k_missing = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> n;    ///< rows counted; k_missing: the value is missing
    std::vector<std::int64_t> value; ///< distinct, share, min, max, last, nth_last, first_at,
                                     ///< since_last
    std::vector<Int128> sum;         ///< sum, avg, stddev
    std::vector<Int128> squares;     ///< stddev
};

/// Sums, which mostly are no longer than 64 bits.
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
    std::vector<Int128> wide_; ///< all of them, where one needs it
};

/// The same to be kept, in little memory: all features of all judged rows stand side by side.
struct FeatureColumn {
    static constexpr std::int64_t k_missing = -1;
    explicit FeatureColumn(FeatureValues values);
    Packed n;
    Packed value;
    PackedSums sum, squares;
};

/// Whether it is an aggregate of a field's values, of rows that have one.
[[nodiscard]] bool reads_field(Aggregate aggregate);
/// Whether its values are codes of a dictionary.
[[nodiscard]] bool is_text(const Feature& feature);
/// As the aggregate needs them, every value missing.
[[nodiscard]] FeatureValues no_values(const Feature& feature, std::size_t rows);

/// Where the card was before: of speed_kmh(), km and gap.
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
[[nodiscard]] std::optional<Position> place_of(const History& history, std::size_t row);
/// Whether a journey can have begun there: the card itself was used, at a known place and time.
[[nodiscard]] bool is_stop(const History& history, std::size_t row);

/// Rows of equal keys together: rows[starts[g] … starts[g + 1]) have one key, in the History's
/// order. Rows that miss a part of the key are in no group.
struct Groups {
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> starts = {0};
    [[nodiscard]] std::size_t size() const { return starts.size() - 1; }
};
[[nodiscard]] Groups group_by(const History& history, Field text_field);
/// Each group cut by the values of another field.
[[nodiscard]] Groups refine(const History& history, const Groups& wider, Field field);

/// A field's value of a row as a number: a code, an amount, a time, a position. Empty: missing.
[[nodiscard]] std::optional<std::int64_t> raw_value(const History& history, Field field,
                                                    std::size_t row);

/// Runs task(0) … task(count - 1) on that many threads; the first exception is thrown again.
void in_parallel(unsigned threads, std::size_t count, const std::function<void(std::size_t)>& task);

/// Which rows count for a feature (its `where`, or what a share is of), one byte a row; empty: all.
using RowMask = std::vector<std::uint8_t>;

/// What features are worked out from.
struct FeatureInput {
    const History& history;
    const Ruleset& ruleset;
    std::int64_t label_asof_us;
    unsigned threads;
    std::function<RowMask(const Formula&)> mask; ///< rows for which a formula over them holds
};

class FeatureTable {
public:
    /// Worked out here, in passes.
    explicit FeatureTable(const FeatureInput& input);
    /// Worked out elsewhere: one column a feature.
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

/// Another way to the same table.
using FeatureSource = std::function<FeatureTable(const FeatureInput&)>;

} // namespace harmonia::screen
