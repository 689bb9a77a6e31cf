#include "jobs/screen/features/feature.hpp"

#include "core/parallel/thread_group.hpp"
#include "jobs/screen/features/feature_pass.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace harmonia::screen {

namespace {

// Enough for threads to share the work evenly, few enough for the tables of a pass to pay off.
constexpr std::size_t k_parts = 32;

// Splits groups into parts with about equal numbers of rows; a part starts where a group does.
std::vector<std::size_t> parts_of(const Groups& groups, unsigned threads) {
    std::vector<std::size_t> parts = {0};
    const std::size_t wanted = threads <= 1 ? 1 : k_parts;
    for (std::size_t part = 1; part < wanted; ++part) {
        const std::size_t row = groups.rows.size() * part / wanted;
        const auto found = std::lower_bound(groups.starts.begin(), groups.starts.end(), row);
        const auto group = static_cast<std::size_t>(found - groups.starts.begin());
        parts.push_back(std::max(parts.back(), std::min(group, groups.size())));
    }
    parts.push_back(groups.size());
    return parts;
}

struct Stop {
    std::int64_t event_us;
    Position position;
    std::uint32_t row;
};

// Another place at the same moment wins over the last place before.
void add_travel(const std::vector<Stop>& stops, std::size_t end, std::uint32_t row,
                std::int64_t at_us, const Position& here, std::int64_t& metres,
                std::int64_t& gap_us) {
    bool together = false;
    std::size_t at = end;
    for (; at > 0 && stops[at - 1].event_us == at_us; --at) {
        const Stop& stop = stops[at - 1];
        if (stop.row == row)
            continue;
        together = true;
        const std::int64_t apart =
            distance_m(stop.position.lat, stop.position.lon, here.lat, here.lon);
        if (apart > 0) {
            metres = apart;
            gap_us = 0;
            return;
        }
    }
    if (at > 0 && stops[at - 1].event_us >= at_us - k_travel_us) {
        const Stop& stop = stops[at - 1];
        metres = distance_m(stop.position.lat, stop.position.lon, here.lat, here.lon);
        gap_us = at_us - stop.event_us;
    } else if (together) {
        metres = 0;
        gap_us = 0;
    }
}

class Passes {
public:
    explicit Passes(const FeatureInput& input) : input_(input), history_(input.history) {
        judged_at_.assign(history_.size(), k_no_row);
        for (std::uint32_t i = 0; i < history_.judged().size(); ++i)
            judged_at_[history_.judged()[i]] = i;
        if (input.ruleset.reads_labels())
            frauds_ = history_.fraud_periods(input.label_asof_us);
    }
    [[nodiscard]] FeatureColumn compute(const Feature& feature);
    [[nodiscard]] TravelColumn compute_travel();

private:
    const Groups& groups(const std::vector<Field>& by);

    const FeatureInput& input_;
    const History& history_;
    std::vector<std::uint32_t> judged_at_; ///< row → number among the judged, or k_no_row
    std::vector<History::FraudPeriod> frauds_;
    std::map<std::vector<Field>, Groups> groups_; ///< of keys with the same first field
};

const Groups& Passes::groups(const std::vector<Field>& by) {
    if (!groups_.empty() && groups_.begin()->first.front() != by.front())
        groups_.clear();
    if (const auto found = groups_.find(by); found != groups_.end())
        return found->second;
    if (by.size() == 1)
        return groups_.emplace(by, group_by(history_, by.front())).first->second;
    const Groups& wider = groups({by.begin(), std::prev(by.end())});
    return groups_.emplace(by, refine(history_, wider, by.back())).first->second;
}

FeatureColumn Passes::compute(const Feature& feature) {
    FeatureValues values = no_values(feature, history_.judged().size());
    const RowMask where = input_.mask(feature.where);
    const RowMask share_of = input_.mask(feature.share_of);
    const Groups& all = groups(feature.by);
    const auto parts = parts_of(all, input_.threads);
    parallel::for_each_index(input_.threads, parts.size() - 1, [&](std::size_t part) {
        Pass pass(history_, feature, where, share_of, frauds_, judged_at_, values);
        for (std::size_t group = parts[part]; group < parts[part + 1]; ++group)
            pass.run(std::span(all.rows).subspan(all.starts[group],
                                                 all.starts[group + 1] - all.starts[group]));
    });
    return FeatureColumn(std::move(values));
}

TravelColumn Passes::compute_travel() {
    TravelValues travel(history_.judged().size());
    const Groups& all = groups({Field::card});
    std::vector<Stop> stops;
    for (std::size_t group = 0; group < all.size(); ++group) {
        stops.clear();
        for (std::uint32_t i = all.starts[group]; i < all.starts[group + 1]; ++i) {
            const std::uint32_t row = all.rows[i];
            if (is_stop(history_, row))
                stops.push_back({history_.event_us(row), *position_of(history_, row), row});
        }
        std::size_t end = 0;
        for (std::uint32_t i = all.starts[group]; i < all.starts[group + 1]; ++i) {
            const std::uint32_t row = all.rows[i];
            const std::int64_t at_us = history_.event_us(row);
            while (end < stops.size() && stops[end].event_us <= at_us)
                ++end;
            const std::uint32_t index = judged_at_[row];
            const auto here = position_of(history_, row);
            if (index != k_no_row && here && !history_.received_time(row))
                add_travel(stops, end, row, at_us, *here, travel.metres[index],
                           travel.gap_us[index]);
        }
    }
    return TravelColumn(travel);
}

} // namespace

bool reads_field(Aggregate aggregate) {
    switch (aggregate) {
    case Aggregate::sum:
    case Aggregate::distinct:
    case Aggregate::min:
    case Aggregate::max:
    case Aggregate::avg:
    case Aggregate::stddev:
    case Aggregate::last:
    case Aggregate::nth_last:
        return true;
    default:
        return false;
    }
}

bool is_text(const Feature& feature) {
    return (feature.aggregate == Aggregate::last || feature.aggregate == Aggregate::nth_last) &&
           feature.of < Field::amount;
}

FeatureValues no_values(const Feature& feature, std::size_t rows) {
    FeatureValues values;
    values.n.assign(rows, FeatureValues::k_missing);
    switch (feature.aggregate) {
    case Aggregate::count:
    case Aggregate::labels:
    case Aggregate::verdicts:
        break;
    case Aggregate::stddev:
        values.squares.resize(rows);
        [[fallthrough]];
    case Aggregate::sum:
    case Aggregate::avg:
        values.sum.resize(rows);
        break;
    default:
        values.value.resize(rows);
    }
    return values;
}

PackedSums::PackedSums(std::vector<Int128> sums) {
    if (std::all_of(sums.begin(), sums.end(),
                    [](Int128 sum) { return sum == static_cast<std::int64_t>(sum); }))
        narrow_ = Packed::of(sums);
    else
        wide_ = std::move(sums);
}

FeatureColumn::FeatureColumn(FeatureValues values)
    : n(Packed::of(values.n.size(),
                   [&](std::size_t i) {
                       return values.n[i] == FeatureValues::k_missing ? k_missing
                                                                      : std::int64_t{values.n[i]};
                   })),
      value(Packed::of(values.value)), sum(std::move(values.sum)),
      squares(std::move(values.squares)) {}

std::optional<Position> position_of(const History& history, std::size_t row) {
    const auto lat = history.position(Field::lat, row);
    const auto lon = history.position(Field::lon, row);
    if (lat && lon)
        return Position{*lat, *lon};
    const auto shop_lat = history.position(Field::merchant_lat, row);
    const auto shop_lon = history.position(Field::merchant_lon, row);
    return shop_lat && shop_lon ? std::optional(Position{*shop_lat, *shop_lon}) : std::nullopt;
}

bool is_stop(const History& history, std::size_t row) {
    const std::string_view channel = history.text(Field::channel, row);
    return (channel == "pos" || channel == "atm") && !history.received_time(row) &&
           position_of(history, row);
}

FeatureTable::FeatureTable(const FeatureInput& input) {
    Passes passes(input);
    const auto& features = input.ruleset.features;
    std::vector<std::size_t> order(features.size()); // by key: rows are grouped once per key
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return features[a].by < features[b].by; });
    std::vector<std::optional<FeatureColumn>> columns(features.size());
    for (const std::size_t feature : order)
        columns[feature] = passes.compute(features[feature]);
    for (auto& column : columns)
        columns_.push_back(std::move(*column));
    if (input.ruleset.travels)
        travel_ = passes.compute_travel();
}

} // namespace harmonia::screen
