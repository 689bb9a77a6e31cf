// One pass over the rows of one key for one feature. The rows that count (`where` holds, the field
// is not missing) are collected first; a window is then a range [head, tail) of them whose ends
// only move forward, and the sum of a range is a difference of running sums.
#pragma once

#include "jobs/screen/features/feature.hpp"

#include <deque>
#include <span>

namespace harmonia::screen {

class Pass {
public:
    Pass(const History& history, const Feature& feature, const RowMask& where,
         const RowMask& share_of, std::span<const History::FraudPeriod> frauds,
         std::span<const std::uint32_t> judged_at, FeatureValues& values);

    /// `rows`: of one key, in order. Writes the values of the judged ones.
    void run(std::span<const std::uint32_t> rows);

private:
    struct Counted {
        std::int64_t event_us, value;
        std::uint32_t row;
    };
    struct Window {
        std::size_t head, tail;
        std::size_t self; ///< the row's index in counted_; k_none: it does not count
    };
    static constexpr std::size_t k_none = std::numeric_limits<std::size_t>::max();

    void collect(std::span<const std::uint32_t> rows);
    void windows(std::span<const std::uint32_t> rows);
    void evaluate(std::size_t index, std::int64_t at_us, Window window);
    void sums(std::size_t index, const Window& window, bool exclude_self);
    void extreme(std::size_t index, std::int64_t at_us, const Window& window, bool exclude_self);
    void distinct(std::size_t index, const Window& window, bool exclude_self);
    void neighbour(std::size_t index, std::int64_t at_us, const Window& window, bool exclude_self);
    void labels(std::span<const std::uint32_t> rows);
    void set(std::size_t index, std::size_t n, std::int64_t value);
    [[nodiscard]] bool better(std::int64_t a, std::int64_t b) const;
    void begin_distinct();
    void end_distinct();

    const History& history_;
    const Feature& feature_;
    const RowMask& where_;
    const RowMask& share_of_;
    std::span<const History::FraudPeriod> frauds_;
    std::span<const std::uint32_t> judged_at_;
    FeatureValues& values_;

    std::vector<Counted> counted_;
    std::vector<Int128> sums_, squares_; ///< running sums, one longer than counted_
    std::deque<std::size_t> best_;       ///< min, max: candidates, best first
    std::size_t best_end_ = 0;           ///< counted_ before this went through best_
    std::vector<std::uint32_t> times_;   ///< distinct: occurrences of a code in the window
    std::size_t distinct_head_ = 0, distinct_tail_ = 0, different_ = 0;
};

} // namespace harmonia::screen
