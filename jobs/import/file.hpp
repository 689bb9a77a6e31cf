// One file of one feed, from its claim to the archive.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/import/run.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace harmonia::importing {

/// What the files of one feed share.
struct FeedRun {
    std::shared_ptr<const importers::Feed> feed;
    importers::SinkSession& session;
    db::Connection& connection;
    const Settings& settings;
    const std::function<void(const Progress&)>& progress;
    bool dry_run = false;
};

struct FileTask {
    std::filesystem::path path;
    std::string source; ///< path below the base; else the path given; `stdin`
    bool waits = false; ///< lies in its feed's directory: moved when done
};

/// Loads, refuses or finishes it. Empty: it is gone, another run took it. Error for what is no
/// fault of the file (database, disk, a signal); what was committed stays, the next run goes on.
[[nodiscard]] std::optional<Done> import_file(FeedRun& run, const FileTask& task);

/// Marks batches archived whose file was moved just before a kill.
void settle_moved(FeedRun& run);

} // namespace harmonia::importing
