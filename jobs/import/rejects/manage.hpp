// `import rejects list`, `show`, `dismiss`: the bad records of files.
#pragma once

#include "core/db/connection.hpp"

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
    std::int64_t limit = 100;
};
/// In the order in which they were found.
[[nodiscard]] std::vector<RejectRow> list_rejects(const db::Settings& database,
                                                  const RejectFilter& filter);
/// Error(no_input) when there is no such reject.
[[nodiscard]] RejectRow show_reject(const db::Settings& database, std::int64_t id);
/// Marks open ones as dismissed; returns how many.
std::uint64_t dismiss_rejects(const db::Settings& database, const std::vector<std::int64_t>& ids);

} // namespace harmonia::importing
