// The second pass over a file: its records into the database, block by block.
#pragma once

#include "jobs/import/files/file.hpp"
#include "jobs/import/files/survey.hpp"

namespace harmonia::importing {

/// The open batch to load into, and its checkpoint.
struct LoadStart {
    std::int64_t batch_id = 0;
    std::uint64_t bytes_done = 0, records_done = 0;
    Counts counts;
};

/// Loads the records after the start; returns the batch's counts. A signal ends it between two
/// blocks. `occurrences` has finished its survey of this file.
[[nodiscard]] Counts load_file(FeedRun& run, const FileTask& task, const Survey& survey,
                               importers::OccurrenceCounter& occurrences, const LoadStart& start);

} // namespace harmonia::importing
