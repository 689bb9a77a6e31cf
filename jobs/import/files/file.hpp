// One file of one feed, from its claim to the archive.
#pragma once

#include "jobs/import/plan/wiring.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace harmonia::importing {

struct FileTask {
    std::filesystem::path path;
    std::string source;        ///< path below the base, else the path given, or `stdin`
    bool in_directory = false; ///< of its feed: moved when done
};

/// Loads, refuses or finishes the file. Empty: it is gone, another run took it. Error for causes
/// outside the file (database, disk, a signal); committed blocks stay, and the next run resumes.
[[nodiscard]] std::optional<Done> import_file(FeedRun& run, const FileTask& task);

/// Marks batches as archived whose file was moved just before a kill.
void settle_moved(FeedRun& run);

} // namespace harmonia::importing
