// The second pass over a file: its records into the database, block by block.
#pragma once

#include "jobs/import/file.hpp"
#include "jobs/import/survey.hpp"

namespace harmonia::importing {

/// The open batch to load into, and how far it is.
struct LoadStart {
    std::int64_t batch_id = 0;
    std::uint64_t bytes_done = 0, records_done = 0;
    Counts counts;
};

/// Loads what is behind the start; returns the batch's counts. A signal ends it between two blocks.
/// `twins` has finished its survey of this file.
[[nodiscard]] Counts load_file(FeedRun& run, const FileTask& task, const Survey& survey,
                               importers::Twins& twins, const LoadStart& start);

} // namespace harmonia::importing
