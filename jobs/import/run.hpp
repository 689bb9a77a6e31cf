// `import`: from files, standard input and queues to committed rows, each record once.
//
// A file is read twice. The first pass writes nothing: it digests the bytes, maps every record, and
// refuses the file as a whole if too much of it is bad. The second loads it in blocks, each one
// transaction with its rejects and the checkpoint; a killed run is gone on with where its last
// block ended. Messages are stored a batch a transaction and acknowledged after it.
// docs/reference/import.md tells users.
#pragma once

#include "core/broker/settings.hpp"
#include "core/config/value.hpp"
#include "importers/sink.hpp"
#include "jobs/import/decide.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

/// The section `import:` of the configuration.
struct Settings {
    std::filesystem::path base, archive, rejected, spool;
    Bounds block;
    std::uint64_t pending_max = 500'000;
    std::uint16_t queue_prefetch = 2000;
    std::chrono::milliseconds queue_wait{1000};
};
[[nodiscard]] Settings read_settings(const config::Value& root);

struct Request {
    std::vector<std::string> feeds; ///< empty: all that have a source
    std::vector<std::string> files; ///< paths, `-` is standard input; needs exactly one feed
    bool follow = false, dry_run = false;
    bool draining = false; ///< with follow: empty queues are left without a consumer, Drainage
    std::optional<std::uint64_t> max; ///< messages of each queue, files of each directory
};

/// Where a run is, for a progress bar.
struct Progress {
    std::string feed, source;
    const char* phase = "checking"; ///< or `loading`, `receiving`
    std::uint64_t bytes = 0, bytes_total = 0, records = 0;
};

/// What the job is given to work with.
struct Wiring {
    std::vector<std::shared_ptr<const importers::Feed>> feeds;
    std::map<std::string, importers::SinkFactory> sinks; ///< by Feed::sink
    db::Settings database;
    std::map<std::string, db::Settings> databases; ///< of sinks that may have their own, by sink
    std::function<broker::Settings(const std::string&)> broker;
    std::function<void(const Progress&)> progress; ///< may be empty
};

/// What became of one file or queue.
struct Done {
    enum class State { loaded, checked, refused, busy, moved, received } state = State::loaded;
    std::string feed, source, reason;
    Counts counts;
};
[[nodiscard]] const char* state_name(Done::State state);

struct Outcome {
    Exit exit = Exit::done;
    Counts counts;
    std::vector<Done> done;
    std::string stopped; ///< why the run ended early, for people
};

/// Throws Error for what stops the whole run; a feed that fails alone lets the others go on and its
/// error is thrown at the end.
[[nodiscard]] Outcome run(const Request& request, const Settings& settings, const Wiring& wiring);

} // namespace harmonia::importing
