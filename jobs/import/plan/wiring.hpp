// What the parts of an import share: what the job is given, and what they report.
#pragma once

#include "core/broker/settings.hpp"
#include "core/db/connection.hpp"
#include "importers/sink/sink.hpp"
#include "jobs/import/decide/decide.hpp"
#include "jobs/import/plan/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::importing {

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

/// The outcome of one file or queue.
struct Done {
    enum class State { loaded, checked, refused, busy, moved, received } state = State::loaded;
    std::string feed, source, reason;
    Counts counts;
};
[[nodiscard]] const char* state_name(Done::State state);

/// What the files or messages of one feed share.
struct FeedRun {
    std::shared_ptr<const importers::Feed> feed;
    importers::SinkSession& session;
    db::Connection& connection;
    const Settings& settings;
    const std::function<void(const Progress&)>& progress;
    bool dry_run = false;
};

/// A new session of the feed's sink on `connection`. Error(config) when there is no such sink.
[[nodiscard]] std::unique_ptr<importers::SinkSession>
open_session(const Wiring& wiring, const std::shared_ptr<const importers::Feed>& feed,
             db::Connection& connection);

} // namespace harmonia::importing
