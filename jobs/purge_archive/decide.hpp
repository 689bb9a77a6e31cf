// What may be purged, and when: the retention that the configuration's `purge_archive` sets.
#pragma once

#include "core/config/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::purge_archive {

/// Whole days, counted back from midnight UTC of today.
struct Retention {
    long long older_than = 60; ///< settled transactions and what belongs to them
    long long guard = 400;     ///< ids by which a late duplicate is detected
    long long reasons = 400;   ///< why each match was made or not
    long long runs = 400;
    long long files = 60; ///< archived and rejected ones
    long long window =
        14; ///< the longest match window of any merchant: PENDING rows stay that long

    /// Error(config): a duration that is not whole days of at least one, or a guard or reason kept
    /// shorter than what it guards or explains. `older_than` overrides that key (`--older-than`).
    [[nodiscard]] static Retention read(const config::Value& root,
                                        std::optional<long long> older_than_days = {});
};

/// `60d` as days. Error(usage) for anything but whole days of at least one.
[[nodiscard]] long long parse_days(const std::string& text);

enum class Area {
#define PURGE_AREA(name) name,
#include "jobs/purge_archive/areas.def"
#undef PURGE_AREA
};
[[nodiscard]] const std::vector<std::string>& area_names();
/// Areas by name; all of them for an empty list. Error(usage) with a suggestion.
[[nodiscard]] std::vector<Area> parse_areas(const std::vector<std::string>& names);

/// The day a file was archived, as days since 1970: from the first folder of its path where that is
/// a date (`2026-11-21/visa/x.csv`), otherwise from when its directory entry last changed.
[[nodiscard]] long long day_put_away(std::string_view relative_path, long long changed_epoch_s);

} // namespace harmonia::purge_archive
