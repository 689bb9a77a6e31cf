// Grouping rows by key.
#include "jobs/screen/features/feature.hpp"

#include <algorithm>

namespace harmonia::screen {

std::optional<std::int64_t> raw_value(const History& history, Field field, std::size_t row) {
    if (field == Field::amount)
        return history.amount(row) < 0 ? std::nullopt : std::optional(history.amount(row));
    if (field == Field::event_time)
        return history.event_us(row);
    if (field > Field::event_time) {
        const auto position = history.position(field, row);
        return position ? std::optional(std::int64_t{*position}) : std::nullopt;
    }
    const std::uint32_t code = history.code(field, row);
    return code == 0 ? std::nullopt : std::optional(std::int64_t{code});
}

// A counting sort by the dictionary's code keeps the order of rows, which is that of time.
Groups group_by(const History& history, Field field) {
    const std::size_t size = history.size();
    std::vector<std::uint32_t> ends(std::size_t{history.dictionary(field).size()} + 2, 0);
    for (std::size_t row = 0; row < size; ++row)
        ++ends[history.code(field, row) + 1];
    const std::uint32_t without_key = ends[1];
    ends[1] = 0;
    for (std::size_t code = 2; code < ends.size(); ++code)
        ends[code] += ends[code - 1];
    Groups groups;
    groups.rows.resize(size - without_key);
    for (std::uint32_t row = 0; row < size; ++row)
        if (const std::uint32_t code = history.code(field, row); code != 0)
            groups.rows[ends[code]++] = row;
    for (std::size_t code = 1; code + 1 < ends.size(); ++code)
        if (ends[code] != groups.starts.back())
            groups.starts.push_back(ends[code]);
    return groups;
}

Groups refine(const History& history, const Groups& wider, Field field) {
    Groups groups;
    groups.rows.reserve(wider.rows.size());
    std::vector<std::pair<std::int64_t, std::uint32_t>> members;
    for (std::size_t group = 0; group < wider.size(); ++group) {
        members.clear();
        for (std::uint32_t i = wider.starts[group]; i < wider.starts[group + 1]; ++i)
            if (const auto value = raw_value(history, field, wider.rows[i]))
                members.emplace_back(*value, wider.rows[i]);
        std::sort(members.begin(), members.end()); // equal values by row, that is by time
        for (std::size_t i = 0; i < members.size(); ++i) {
            groups.rows.push_back(members[i].second);
            if (i + 1 == members.size() || members[i].first != members[i + 1].first)
                groups.starts.push_back(static_cast<std::uint32_t>(groups.rows.size()));
        }
    }
    return groups;
}

} // namespace harmonia::screen
