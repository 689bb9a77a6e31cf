#include "jobs/screen/features/feature_pass.hpp"

#include <algorithm>
#include <unordered_map>

namespace harmonia::screen {

namespace {

bool has_sums(Aggregate aggregate) {
    return aggregate == Aggregate::sum || aggregate == Aggregate::avg ||
           aggregate == Aggregate::stddev || aggregate == Aggregate::share;
}

} // namespace

Pass::Pass(const History& history, const Feature& feature, const RowMask& where,
           const RowMask& share_of, std::span<const History::FraudPeriod> frauds,
           std::span<const std::uint32_t> judged_at, FeatureValues& values)
    : history_(history), feature_(feature), where_(where), share_of_(share_of), frauds_(frauds),
      judged_at_(judged_at), values_(values) {}

void Pass::run(std::span<const std::uint32_t> rows) {
    if (std::none_of(rows.begin(), rows.end(),
                     [&](std::uint32_t row) { return judged_at_[row] != k_no_row; }))
        return;
    if (feature_.aggregate == Aggregate::labels)
        return labels(rows);
    collect(rows);
    windows(rows);
}

void Pass::collect(std::span<const std::uint32_t> rows) {
    counted_.clear();
    for (const std::uint32_t row : rows) {
        if (!where_.empty() && where_[row] == 0)
            continue;
        std::int64_t value = 0;
        if (feature_.aggregate == Aggregate::share) {
            value = share_of_[row];
        } else if (feature_.aggregate == Aggregate::verdicts) {
            if (history_.verdict(row) != feature_.verdict)
                continue;
        } else if (reads_field(feature_.aggregate)) {
            const auto given = raw_value(history_, feature_.of, row);
            if (!given)
                continue;
            value = *given;
        }
        counted_.push_back({history_.event_us(row), value, row});
    }
    if (has_sums(feature_.aggregate)) {
        sums_.assign(1, 0);
        squares_.assign(1, 0);
        for (const Counted& each : counted_) {
            sums_.push_back(sums_.back() + each.value);
            if (feature_.aggregate == Aggregate::stddev) // wraps around; differences stay right
                squares_.push_back(
                    static_cast<Int128>(static_cast<UInt128>(squares_.back()) +
                                        static_cast<UInt128>(Int128{each.value} * each.value)));
        }
    }
    best_.clear();
    best_end_ = 0;
    if (feature_.aggregate == Aggregate::distinct)
        begin_distinct();
}

void Pass::windows(std::span<const std::uint32_t> rows) {
    Window window{0, 0, 0};
    std::size_t self = 0;
    for (const std::uint32_t row : rows) {
        while (self < counted_.size() && counted_[self].row < row)
            ++self;
        const std::uint32_t index = judged_at_[row];
        if (index == k_no_row)
            continue;
        const std::int64_t at_us = history_.event_us(row);
        const std::int64_t last_us = at_us - feature_.lag_us;
        while (window.tail < counted_.size() && counted_[window.tail].event_us <= last_us)
            ++window.tail;
        while (window.head < window.tail &&
               counted_[window.head].event_us < last_us - feature_.over_us)
            ++window.head;
        window.self = self < counted_.size() && counted_[self].row == row ? self : k_none;
        evaluate(index, at_us, window);
    }
    if (feature_.aggregate == Aggregate::distinct)
        end_distinct();
}

void Pass::evaluate(std::size_t index, std::int64_t at_us, Window window) {
    const bool exclude_self = !feature_.current && window.self != k_none &&
                              window.self >= window.head && window.self < window.tail;
    const std::size_t n = window.tail - window.head - (exclude_self ? 1 : 0);
    switch (feature_.aggregate) {
    case Aggregate::count:
    case Aggregate::verdicts:
        return set(index, n, static_cast<std::int64_t>(n));
    case Aggregate::sum:
    case Aggregate::avg:
    case Aggregate::stddev:
    case Aggregate::share:
        return sums(index, window, exclude_self);
    case Aggregate::min:
    case Aggregate::max:
        return extreme(index, at_us, window, exclude_self);
    case Aggregate::distinct:
        return distinct(index, window, exclude_self);
    default:
        return neighbour(index, at_us, window, exclude_self);
    }
}

// With fewer rows than min_n the value is missing. Columns that the aggregate does not use are
// empty.
void Pass::set(std::size_t index, std::size_t n, std::int64_t value) {
    values_.n[index] =
        n < feature_.min_n ? FeatureValues::k_missing : static_cast<std::uint32_t>(n);
    if (!values_.value.empty())
        values_.value[index] = value;
}

void Pass::sums(std::size_t index, const Window& window, bool exclude_self) {
    const std::size_t n = window.tail - window.head - (exclude_self ? 1 : 0);
    const Int128 self = exclude_self ? counted_[window.self].value : 0;
    const Int128 sum = sums_[window.tail] - sums_[window.head] - self;
    if (feature_.aggregate == Aggregate::share)
        return n == 0 ? void() : set(index, n, static_cast<std::int64_t>(sum));
    if (n == 0 && feature_.aggregate != Aggregate::sum)
        return;
    set(index, n, 0);
    values_.sum[index] = sum;
    if (feature_.aggregate == Aggregate::stddev)
        values_.squares[index] = static_cast<Int128>(static_cast<UInt128>(squares_[window.tail]) -
                                                     static_cast<UInt128>(squares_[window.head]) -
                                                     static_cast<UInt128>(self * self));
}

bool Pass::better(std::int64_t a, std::int64_t b) const {
    return feature_.aggregate == Aggregate::min ? a <= b : a >= b;
}

// The deque holds the rows that can still be best of [head, …). If a row does not count itself, the
// rows of its own moment, at the end of the window, are compared one by one.
void Pass::extreme(std::size_t index, std::int64_t at_us, const Window& window, bool exclude_self) {
    std::size_t sure = window.tail;
    while (!feature_.current && sure > window.head && counted_[sure - 1].event_us == at_us)
        --sure;
    for (; best_end_ < sure; ++best_end_) {
        while (!best_.empty() && better(counted_[best_end_].value, counted_[best_.back()].value))
            best_.pop_back();
        best_.push_back(best_end_);
    }
    while (!best_.empty() && best_.front() < window.head)
        best_.pop_front();
    std::optional<std::int64_t> value;
    if (!best_.empty())
        value = counted_[best_.front()].value;
    for (std::size_t i = std::max(best_end_, window.head); i < window.tail; ++i)
        if (i != window.self && (!value || better(counted_[i].value, *value)))
            value = counted_[i].value;
    if (value)
        set(index, window.tail - window.head - (exclude_self ? 1 : 0), *value);
}

void Pass::begin_distinct() {
    distinct_head_ = distinct_tail_ = different_ = 0;
    if (feature_.of < Field::amount) {
        times_.resize(history_.dictionary(feature_.of).size());
        return;
    }
    std::unordered_map<std::int64_t, std::int64_t>
        numbers; // values without a dictionary: dense codes
    for (Counted& each : counted_)
        each.value =
            numbers.emplace(each.value, static_cast<std::int64_t>(numbers.size())).first->second;
    times_.resize(std::max(times_.size(), numbers.size()));
}

void Pass::end_distinct() {
    for (std::size_t i = distinct_head_; i < distinct_tail_; ++i)
        times_[static_cast<std::size_t>(counted_[i].value)] = 0;
}

void Pass::distinct(std::size_t index, const Window& window, bool exclude_self) {
    for (; distinct_tail_ < window.tail; ++distinct_tail_)
        different_ += times_[static_cast<std::size_t>(counted_[distinct_tail_].value)]++ == 0;
    for (; distinct_head_ < window.head; ++distinct_head_)
        different_ -= --times_[static_cast<std::size_t>(counted_[distinct_head_].value)] == 0;
    const bool only =
        exclude_self && times_[static_cast<std::size_t>(counted_[window.self].value)] == 1;
    set(index, window.tail - window.head - (exclude_self ? 1 : 0),
        static_cast<std::int64_t>(different_ - (only ? 1 : 0)));
}

// last, nth_last and since_last end strictly before the row's own time; first_at does not.
void Pass::neighbour(std::size_t index, std::int64_t at_us, const Window& window,
                     bool exclude_self) {
    if (feature_.aggregate == Aggregate::first_at) {
        const std::size_t n = window.tail - window.head - (exclude_self ? 1 : 0);
        const std::size_t first =
            exclude_self && window.head == window.self ? window.head + 1 : window.head;
        if (first < window.tail)
            set(index, n, counted_[first].event_us);
        return;
    }
    std::size_t before = window.tail;
    while (before > window.head && counted_[before - 1].event_us >= at_us)
        --before;
    const std::size_t n = before - window.head;
    if (n < feature_.nth)
        return;
    const Counted& found = counted_[before - feature_.nth];
    set(index, n,
        feature_.aggregate == Aggregate::since_last ? at_us - found.event_us : found.value);
}

// A row known as fraud in [from, until) counts at every time T with
// max(event + lag, from) ≤ T ≤ min(event + lag + over, until − 1).
void Pass::labels(std::span<const std::uint32_t> rows) {
    std::vector<std::int64_t> begins, ends;
    const auto spans = [&](std::uint32_t row, const auto& each) {
        auto period = std::lower_bound(
            frauds_.begin(), frauds_.end(), row,
            [](const History::FraudPeriod& a, std::uint32_t wanted) { return a.row < wanted; });
        for (; period != frauds_.end() && period->row == row; ++period) {
            const std::int64_t event_us = history_.event_us(row) + feature_.lag_us;
            const std::int64_t begin = std::max(event_us, period->from_us);
            const std::int64_t end = std::min(event_us + feature_.over_us, period->until_us - 1);
            if (begin <= end && (where_.empty() || where_[row] != 0))
                each(begin, end);
        }
    };
    if (!frauds_.empty())
        for (const std::uint32_t row : rows)
            spans(row, [&](std::int64_t begin, std::int64_t end) {
                begins.push_back(begin);
                ends.push_back(end);
            });
    std::sort(begins.begin(), begins.end());
    std::sort(ends.begin(), ends.end());
    std::size_t begun = 0;
    std::size_t ended = 0;
    for (const std::uint32_t row : rows) {
        const std::int64_t at_us = history_.event_us(row);
        for (; begun < begins.size() && begins[begun] <= at_us; ++begun)
            ;
        for (; ended < ends.size() && ends[ended] < at_us; ++ended)
            ;
        if (judged_at_[row] == k_no_row)
            continue;
        std::size_t n = begun - ended;
        if (!feature_.current && n > 0)
            spans(row, [&](std::int64_t begin, std::int64_t end) {
                n -= begin <= at_us && at_us <= end ? 1U : 0U;
            });
        set(judged_at_[row], n, static_cast<std::int64_t>(n));
    }
}

} // namespace harmonia::screen
