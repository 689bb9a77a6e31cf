// What an import reads of ops.import_batch.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/import/decide/decide.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

/// A batch that an earlier run opened for a file.
struct FoundBatch {
    std::int64_t id = 0;
    PriorBatch prior;
    Counts counts; ///< stored so far, without read
};

/// Where the open batches of a feed stopped (bytes_done), of any file: a checkpoint can be used
/// only if a record ends there.
[[nodiscard]] std::vector<std::uint64_t> open_checkpoints(db::Transaction& tx,
                                                          const std::string& feed);

/// The batch of this feed and content that decides what to do now: an open one, else one of this
/// source that is loaded or refused but perhaps not moved, else none.
[[nodiscard]] std::optional<FoundBatch> find_batch(db::Transaction& tx, const std::string& feed,
                                                   const std::string& sha256,
                                                   const std::string& source);

/// Loaded files of a feed that were never marked archived.
struct LoadedBatch {
    std::int64_t id = 0;
    std::string source;
};
[[nodiscard]] std::vector<LoadedBatch> loaded_batches(db::Transaction& tx, const std::string& feed);

} // namespace harmonia::importing
