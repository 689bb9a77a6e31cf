// `import rejects retry`: open rejects read again with today's declaration.
#pragma once

#include "jobs/import/plan/wiring.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

struct RetryResult {
    Counts counts;                 ///< read: those tried
    std::uint64_t unreachable = 0; ///< masked, and the file is gone
};
/// Stores what can be read now as part of the batch it came from. Rejects of a file that was
/// refused as a whole are left alone: the file is imported again instead. A record whose stored
/// form was masked is read from its file, if that is still in the directory or the archive.
[[nodiscard]] RetryResult retry_rejects(const Settings& settings, const Wiring& wiring,
                                        const std::vector<std::int64_t>& ids,
                                        const std::optional<std::string>& feed);

} // namespace harmonia::importing
