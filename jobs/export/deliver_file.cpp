// File targets: rows are claimed and named in one transaction, then the file is written and its
// rows are marked. A file that was named and not finished is written again first.
#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/export/batch.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace harmonia::exporting {
namespace {

// The target's lock, not the lease, excludes other runs; the lease only names the holder.
constexpr std::chrono::hours k_lease{1};
constexpr int k_names_max = 1000; // names taken in a row: then the directory must be wrong

Expected<std::string> line_of(const exporters::FileSink& sink, const exporters::Row& row,
                              expr::Arena& arena) {
    std::string line;
    if (auto done = sink.format.append(line, row, arena); !done)
        return tl::unexpected(done.error());
    return line;
}

/// A numbered name that no file has yet: a file of another origin must not be replaced.
std::string fresh_name(db::Transaction& tx, const exporters::Target& target,
                       const exporters::FileSink& sink) {
    for (int i = 0; i < k_names_max; ++i) {
        auto name = sink.file_name(next_sequence(tx, target.name));
        if (!std::filesystem::exists(std::filesystem::path(sink.directory) / name))
            return name;
        log::warn("a file of that name is in the way, taking the next number",
                  {{"target", target.name}, {"file", name}});
    }
    throw Error(Exit::cannot_create,
                fmt::format("export '{}': {} holds files of every number tried", target.name,
                            sink.directory),
                "Was the database restored from a backup? Move the directory's files away.");
}

/// Names the next batch's file; false when nothing is due, an empty name when no row is ready.
bool name_next(db::Connection& connection, const exporters::Target& target,
               const exporters::FileSink& sink, const std::string& owner, std::string& name,
               DeliveryCounts& counts) {
    db::Transaction tx(connection);
    const auto batch = claim_batch(
        tx, target, owner, k_lease, target.batch_size,
        [&](const exporters::Row& row, expr::Arena& arena) { return line_of(sink, row, arena); },
        counts);
    if (batch.claimed == 0)
        return false;
    name.clear();
    if (!batch.ready.empty()) {
        std::vector<std::int64_t> ids;
        for (const auto& ready : batch.ready)
            ids.push_back(ready.delivery.pending_id);
        name = fresh_name(tx, target, sink);
        name_delivery(tx, ids, name);
    }
    tx.commit(Failpoint::export_claim_commit);
    return true;
}

std::string bytes_of(const exporters::Target& target, const exporters::FileSink& sink,
                     const std::string& name, const Owed& owed) {
    std::string bytes;
    sink.format.append_header(bytes);
    expr::Arena arena;
    for (const auto& delivery : owed.deliveries) {
        arena.reset();
        if (const auto done = sink.format.append(bytes, delivery.row, arena); !done)
            throw Error(
                Exit::config,
                fmt::format(
                    "export '{}': file {} was started earlier and cannot be written now: {}: {}",
                    target.name, name, done.error().field, done.error().detail),
                "Restore the declaration with which it was started, export, then change it.");
    }
    return bytes;
}

/// Files of a killed process: `.NAME.PID.tmp` of AtomicFile.
void remove_leftovers(const exporters::FileSink& sink, const std::string& name) {
    std::error_code ignored; // writing the file finds out that a directory cannot be used
    for (const auto& entry : std::filesystem::directory_iterator(sink.directory, ignored)) {
        const auto leftover = entry.path().filename().string();
        if (leftover.starts_with("." + name + ".") && leftover.ends_with(".tmp"))
            std::filesystem::remove(entry.path(), ignored);
    }
}

enum class StartedBy { this_run, another_run };

/// Writes a named file (again) and marks its rows.
void finish_file(db::Connection& connection, const exporters::Target& target,
                 const exporters::FileSink& sink, const std::string& name, const std::string& owner,
                 StartedBy started, DeliveryCounts& counts) {
    Owed owed;
    {
        db::Transaction tx(connection);
        owed = load_named(tx, target.name, name);
    }
    const auto bytes = bytes_of(target, sink, name, owed);
    AtomicFile file(std::filesystem::path(sink.directory) / name);
    file.write(bytes);
    file.commit(Failpoint::export_file_rename);
    const auto digest = sha256_hex(bytes);
    std::vector<Attempt> attempts;
    for (const auto& delivery : owed.deliveries)
        attempts.push_back({delivery.pending_id,
                            delivery.export_id,
                            delivery.attempt,
                            {Verdict::Kind::delivered, {}, name},
                            0,
                            digest,
                            0});
    db::Transaction tx(connection);
    if (started == StartedBy::another_run)
        take_over(tx, target.name, name, owner);
    store_attempts(tx, target.name, owner, attempts);
    tx.commit(Failpoint::export_delivered_commit);
    count(attempts, counts);
    ++counts.files;
    log::info("a file was delivered", {{"target", target.name},
                                       {"file", name},
                                       {"rows", attempts.size()},
                                       {"bytes", bytes.size()}});
}

} // namespace

DeliveryCounts deliver_file(db::Connection& connection, const exporters::Target& target,
                            const exporters::FileSink& sink, const std::string& owner) {
    DeliveryCounts counts;
    const auto lock = db::SessionLock::acquire(connection, db::LockClass::export_target,
                                               target.name, std::chrono::milliseconds(0));
    if (!lock) {
        counts.busy = true;
        return counts;
    }
    std::vector<std::string> unfinished;
    {
        db::Transaction tx(connection);
        unfinished = unfinished_files(tx, target.name);
    }
    for (const auto& name : unfinished) {
        remove_leftovers(sink, name);
        finish_file(connection, target, sink, name, owner, StartedBy::another_run, counts);
    }
    std::string name;
    while (stop_signal() == 0 && name_next(connection, target, sink, owner, name, counts))
        if (!name.empty())
            finish_file(connection, target, sink, name, owner, StartedBy::this_run, counts);
    return counts;
}

} // namespace harmonia::exporting
