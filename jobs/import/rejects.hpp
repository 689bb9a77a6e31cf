// `import rejects`: the bad records of files, looked at, tried again, or let go.
#pragma once

#include "jobs/import/run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

struct RejectRow {
    std::int64_t id = 0, batch_id = 0, record_no = 0, line = 0, offset = 0;
    std::string feed, source, field, code, detail, raw, state, created_at;
    bool exact = true;
};

struct RejectFilter {
    std::optional<std::string> feed;
    bool all_states = false; ///< also retried and dismissed ones
    long long limit = 100;
};
/// In the order they were found.
[[nodiscard]] std::vector<RejectRow> list_rejects(const db::Settings& database,
                                                  const RejectFilter& filter);
/// Error(no_input) when there is none of that number.
[[nodiscard]] RejectRow show_reject(const db::Settings& database, std::int64_t id);
/// Marks open ones dismissed; returns how many.
std::uint64_t dismiss_rejects(const db::Settings& database, const std::vector<std::int64_t>& ids);

/// Reads open rejects again with today's declaration, as part of the batch they came from. Those of
/// a file that was refused as a whole are left alone: the file is imported again instead. A record
/// whose stored form was masked is read from its file, if that is still in the directory or the
/// archive.
struct RetryResult {
    Counts counts;                 ///< read: those tried
    std::uint64_t unreachable = 0; ///< masked, and the file is gone
};
[[nodiscard]] RetryResult retry_rejects(const Settings& settings, const Wiring& wiring,
                                        const std::vector<std::int64_t>& ids,
                                        const std::optional<std::string>& feed);

} // namespace harmonia::importing
