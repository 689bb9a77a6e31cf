// The first pass over a file: it is read and mapped to the end, nothing is written.
#pragma once

#include "jobs/import/decide/decide.hpp"
#include "jobs/import/plan/records.hpp"

#include <functional>
#include <string>
#include <vector>

namespace harmonia::importing {

/// Rejects of a refused file that are recorded: enough to see what is wrong with it.
inline constexpr std::size_t k_refused_rejects_max = 1000;

struct Survey {
    Finding finding;
    std::uint64_t kept = 0, skipped = 0;
    std::uint64_t bytes = 0;
    std::string sha256, header;
    std::vector<Reject> rejects; ///< the first k_refused_rejects_max
    /// Of the offsets asked for, those where a record ends, with its number.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> numbers_at;
};

/// Called now and then with the bytes read so far; may throw to stop.
using Watcher = std::function<void(std::uint64_t bytes, std::uint64_t records)>;
/// Often enough that stopping and progress feel immediate, seldom enough that it costs nothing.
inline constexpr std::uint64_t k_records_per_check = 8192;

/// Reads `path` through. `occurrences` is in its survey and leaves it. Error(io | no_input |
/// permission).
[[nodiscard]] Survey survey(const importers::Feed& feed, importers::SinkSession& session,
                            importers::OccurrenceCounter& occurrences, const std::string& path,
                            const std::vector<std::uint64_t>& offsets, const Watcher& watch);

} // namespace harmonia::importing
