#include "jobs/import/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/import/files/sources.hpp"
#include "jobs/import/queues/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace harmonia::importing {
namespace {

using importers::Feed;
using Kind = importers::SourceSpec::Kind;
using FeedPointer = std::shared_ptr<const Feed>;

constexpr int k_idle_ms = 1000; // --follow: how often directories and drained queues are polled

class Run {
public:
    Run(const Request& request, const Settings& settings, const Wiring& wiring)
        : request_(request), settings_(settings), wiring_(wiring),
          connection_(db::connect(wiring.database)) {}

    Outcome work();

private:
    FeedPointer find(const std::string& name) const;
    std::vector<FeedPointer> chosen() const;
    void named_files();
    bool round(const std::vector<FeedPointer>& feeds);
    void one_feed(const FeedPointer& feed);
    void directory(FeedRun& run);
    void queue(FeedRun& run);
    db::Connection& connection_of(const Feed& feed);
    bool below_backpressure_limit(importers::SinkSession& session, db::Connection& connection);
    void idle();
    void pause_when_empty(bool moved);
    void note(Done done);

    const Request& request_;
    const Settings& settings_;
    const Wiring& wiring_;
    std::unique_ptr<db::Connection> connection_;
    std::map<std::string, std::unique_ptr<db::Connection>> others_; ///< by DSN
    std::map<std::string, std::unique_ptr<QueueImport>> queues_;
    std::optional<Error> failed_;
    bool moved_ = false; ///< something was done in this round
    DrainSchedule drain_;
    std::chrono::steady_clock::time_point last_moved_ = std::chrono::steady_clock::now();
    Outcome outcome_;
};

FeedPointer Run::find(const std::string& name) const {
    std::vector<std::string> names;
    for (const FeedPointer& feed : wiring_.feeds) {
        if (feed->name == name)
            return feed;
        names.push_back(feed->name);
    }
    const auto near = nearest(name, names);
    throw Error(Exit::usage, fmt::format("unknown feed '{}'", name),
                near ? fmt::format("Did you mean '{}'?", *near)
                     : fmt::format("Feeds: {}.", join(names, ", ")));
}

// Directories first: they need nothing but the database.
std::vector<FeedPointer> Run::chosen() const {
    std::vector<FeedPointer> feeds;
    for (const std::string& name : request_.feeds) {
        feeds.push_back(find(name));
        if (feeds.back()->source.kind == Kind::none)
            throw Error(Exit::usage, fmt::format("feed '{}' has no source", name),
                        "Give it files with --file.");
        if (feeds.back()->source.kind == Kind::queue && request_.dry_run)
            throw Error(Exit::usage,
                        fmt::format("feed '{}' is a queue: a dry run would disturb it", name),
                        "Try bodies from a file, one a line, with --file.");
    }
    if (request_.feeds.empty())
        for (const FeedPointer& feed : wiring_.feeds)
            if (feed->source.kind == Kind::files ||
                (feed->source.kind == Kind::queue && !request_.dry_run))
                feeds.push_back(feed);
    std::stable_partition(feeds.begin(), feeds.end(),
                          [](const FeedPointer& feed) { return feed->source.kind == Kind::files; });
    return feeds;
}

// Sinks of one database share a connection.
db::Connection& Run::connection_of(const Feed& feed) {
    const auto own = wiring_.databases.find(feed.sink);
    if (own == wiring_.databases.end() || own->second.dsn == wiring_.database.dsn)
        return *connection_;
    auto& connection = others_[own->second.dsn];
    if (connection == nullptr)
        connection = db::connect(own->second);
    return *connection;
}

void Run::note(Done done) {
    const auto exit = done.state == Done::State::refused ? Exit::data
                      : done.counts.rejected > 0         ? Exit::rejected
                                                         : Exit::done;
    outcome_.exit = worse(outcome_.exit, exit);
    outcome_.counts += done.counts;
    moved_ = moved_ || done.counts.read > 0;
    // A queue that is followed adds to its own line.
    for (Done& before : outcome_.done)
        if (done.state == Done::State::received && before.feed == done.feed) {
            before.counts += done.counts;
            return;
        }
    if (!request_.follow || done.state == Done::State::received)
        outcome_.done.push_back(std::move(done));
}

bool Run::below_backpressure_limit(importers::SinkSession& session, db::Connection& connection) {
    if (request_.dry_run)
        return true;
    db::Transaction tx(connection);
    const std::uint64_t waiting = session.waiting(tx);
    tx.rollback();
    if (waiting < settings_.pending_max)
        return true;
    outcome_.stopped =
        fmt::format("stopped: {} transactions are pending for {} (import.max_pending is {})",
                    waiting, session.waits_for(), settings_.pending_max);
    return false;
}

void Run::directory(FeedRun& run) {
    if (!run.dry_run)
        settle_moved(run);
    std::uint64_t taken = 0;
    for (const FileTask& task : files_in_directory(*run.feed, settings_)) {
        throw_if_stopped();
        if ((request_.max && taken == *request_.max) ||
            !below_backpressure_limit(run.session, run.connection))
            return;
        if (auto done = import_file(run, task)) {
            note(std::move(*done));
            ++taken;
        }
    }
}

void Run::queue(FeedRun& run) {
    auto& consumer = queues_[run.feed->name];
    if (consumer == nullptr)
        consumer = std::make_unique<QueueImport>(run.feed, wiring_.broker(run.feed->source.broker),
                                                 settings_, request_.max);
    try {
        note(consumer->drain(
            run, request_.max,
            [&] { return below_backpressure_limit(run.session, run.connection); }));
    } catch (...) {
        // Messages that were received and not stored are requeued with the connection: a later
        // acknowledgement would count for them too.
        queues_.erase(run.feed->name);
        throw;
    }
    if (!request_.follow)
        queues_.erase(run.feed->name);
}

void Run::one_feed(const FeedPointer& feed) {
    const auto session = open_session(wiring_, feed, connection_of(*feed));
    FeedRun run{feed,      *session,         connection_of(*feed),
                settings_, wiring_.progress, request_.dry_run};
    if (feed->source.kind == Kind::files)
        directory(run);
    else
        queue(run);
}

// A failure of one feed (its broker, its directory) does not stop the others; one of the database
// does.
bool Run::round(const std::vector<FeedPointer>& feeds) {
    moved_ = false;
    outcome_.stopped.clear();
    std::set<std::string> unreachable;
    for (const FeedPointer& feed : feeds) {
        const bool is_queue = feed->source.kind == Kind::queue;
        if (is_queue && unreachable.contains(feed->source.broker))
            continue;
        try {
            one_feed(feed);
        } catch (const db::Failure&) {
            throw;
        } catch (const Error& error) {
            if (stop_signal() != 0 || feeds.size() == 1)
                throw;
            log::error(error.what(), {{"feed", feed->name}});
            if (is_queue && error.exit() == Exit::unavailable)
                unreachable.insert(feed->source.broker);
            if (!failed_)
                failed_ = error;
        }
        if (!outcome_.stopped.empty())
            break;
    }
    return moved_;
}

void Run::named_files() {
    if (request_.feeds.size() != 1)
        throw Error(Exit::usage, "--file needs exactly one feed",
                    "Name the feed that declares the format: import FEED --file PATH.");
    const FeedPointer feed = find(request_.feeds.front());
    std::vector<FileTask> tasks; // all must exist before the first is touched
    std::vector<std::unique_ptr<Spool>> spools;
    for (const std::string& path : request_.files) {
        if (path == "-") {
            spools.push_back(std::make_unique<Spool>(settings_.spool));
            tasks.push_back(spools.back()->task());
        } else {
            tasks.push_back(named_file(*feed, settings_, path));
        }
    }
    const auto session = open_session(wiring_, feed, connection_of(*feed));
    FeedRun run{feed,      *session,         connection_of(*feed),
                settings_, wiring_.progress, request_.dry_run};
    for (const FileTask& task : tasks) {
        throw_if_stopped();
        if (!below_backpressure_limit(*session, run.connection))
            return;
        if (auto done = import_file(run, task))
            note(std::move(*done));
    }
}

// A queue that is followed alone wakes the run with its next message.
void Run::idle() {
    if (queues_.size() == 1 && request_.feeds.size() == 1)
        queues_.begin()->second->await(std::chrono::milliseconds(k_idle_ms));
    else
        sleep_unless_stopped(k_idle_ms);
}

// --draining: leaves the queues when nothing has come for a while, and connects again later.
void Run::pause_when_empty(bool moved) {
    using std::chrono::steady_clock;
    if (moved || steady_clock::now() - last_moved_ <= drain_.empty_after()) {
        last_moved_ = moved ? steady_clock::now() : last_moved_;
        return;
    }
    const auto unix_now = [] { return std::chrono::system_clock::now().time_since_epoch(); };
    const auto end = drain_.pause_end(std::chrono::floor<std::chrono::seconds>(unix_now()));
    queues_.clear();
    log::info("the queues are empty and have no consumer for a while",
              {{"seconds", std::chrono::ceil<std::chrono::seconds>(end - unix_now()).count()}});
    while (unix_now() < end) {
        throw_if_stopped();
        sleep_unless_stopped(k_idle_ms / 4);
    }
    last_moved_ = steady_clock::now();
}

Outcome Run::work() {
    if (!request_.files.empty()) {
        named_files();
    } else {
        const auto feeds = chosen();
        bool moved = round(feeds);
        while (request_.follow) {
            throw_if_stopped();
            if (request_.draining)
                pause_when_empty(moved);
            if (!moved)
                idle();
            moved = round(feeds);
        }
    }
    if (failed_)
        throw Error(*failed_);
    if (!outcome_.stopped.empty())
        outcome_.exit = worse(outcome_.exit, Exit::try_again);
    return std::move(outcome_);
}

} // namespace

Outcome run(const Request& request, const Settings& settings, const Wiring& wiring) {
    return Run(request, settings, wiring).work();
}

} // namespace harmonia::importing
