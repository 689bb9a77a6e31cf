#include "jobs/import/files/file.hpp"

#include "core/base/files.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "jobs/import/files/loader.hpp"
#include "jobs/import/files/survey.hpp"
#include "jobs/import/load/load.hpp"
#include "jobs/import/store/store.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

namespace harmonia::importing {
namespace {

namespace fs = std::filesystem;
using db::LockClass;
using db::SessionLock;

constexpr std::size_t k_rejects_logged = 5; // `import rejects list` shows all

/// Everything about one file while it is imported.
class FileImport {
public:
    FileImport(FeedRun& run, const FileTask& task) : run_(run), task_(task) {}
    std::optional<Done> work();

private:
    // A refused file adds nothing to the counts: none of its records was stored.
    Done done(Done::State state) const {
        return {state, run_.feed->name, task_.source, refused_.value_or(""),
                refused_ ? Counts{} : counts_};
    }
    std::optional<SessionLock> claim(const std::string& name);
    void examine();
    Done follow_plan();
    Done refuse();
    Done load(const std::optional<FoundBatch>& old, bool resume);
    Done finish(const FoundBatch& old);
    void archive(std::int64_t batch_id);
    void quarantine();
    [[nodiscard]] payments::BatchSource source() const {
        payments::BatchSource source{run_.feed->name, task_.source};
        source.file_sha256 = survey_.sha256;
        source.file_bytes = survey_.bytes;
        source.records = survey_.finding.records;
        if (!survey_.header.empty())
            source.header = survey_.header;
        return source;
    }

    FeedRun& run_;
    const FileTask& task_;
    importers::OccurrenceCounter occurrences_{importers::OccurrenceCounter::Mode::survey};
    Survey survey_;
    std::optional<std::string> refused_;
    Counts counts_;
};

std::string today() {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
}

std::optional<SessionLock> FileImport::claim(const std::string& name) {
    return SessionLock::acquire(run_.connection, LockClass::import_file,
                                run_.feed->name + "/" + name, std::chrono::milliseconds(0));
}

std::optional<Done> FileImport::work() {
    if (run_.dry_run) {
        examine();
        return done(refused_ ? Done::State::refused : Done::State::checked);
    }
    const auto name = claim(task_.source);
    if (!name)
        return done(Done::State::busy);
    if (task_.in_directory && !fs::exists(task_.path))
        return {};
    examine();
    // Equal bytes under another name would continue the same open batch.
    const auto content = claim(survey_.sha256);
    return content ? follow_plan() : done(Done::State::busy);
}

void FileImport::examine() {
    std::vector<std::uint64_t> offsets;
    if (!run_.dry_run) {
        db::Transaction tx(run_.connection);
        offsets = open_checkpoints(tx, run_.feed->name);
        tx.rollback();
    }
    std::error_code ignored;
    Progress progress{.feed = run_.feed->name,
                      .source = task_.source,
                      .bytes_total = fs::file_size(task_.path, ignored)};
    survey_ = survey(*run_.feed, run_.session, occurrences_, task_.path, offsets,
                     [&](std::uint64_t bytes, std::uint64_t records) {
                         throw_if_stopped();
                         progress.bytes = bytes;
                         progress.records = records;
                         if (run_.progress)
                             run_.progress(progress);
                     });
    refused_ = refusal(survey_.finding, {run_.feed->max_bad_ratio, run_.feed->reject_file});
    counts_ = {.read = survey_.finding.records,
               .fresh = refused_ ? 0 : survey_.kept,
               .rejected = survey_.finding.rejected,
               .skipped = survey_.skipped};
    for (std::size_t i = 0; i < std::min(k_rejects_logged, survey_.rejects.size()); ++i) {
        const Reject& reject = survey_.rejects[i];
        log::warn("bad record", {{"feed", run_.feed->name},
                                 {"file", task_.source},
                                 {"line", reject.place.line},
                                 {"field", reject.problem.field},
                                 {"reason", reject.problem.code}});
    }
}

Done FileImport::follow_plan() {
    std::optional<FoundBatch> old;
    {
        db::Transaction tx(run_.connection);
        old = find_batch(tx, run_.feed->name, survey_.sha256, task_.source);
        tx.rollback();
    }
    ResumePlan chosen = ResumePlan::load;
    if (old) {
        std::optional<std::uint64_t> number;
        for (const auto& [offset, at] : survey_.numbers_at)
            if (offset == old->prior.bytes_done)
                number = at;
        chosen = resume_plan(old->prior, task_.source, task_.in_directory, refused_, number);
    }
    if (chosen == ResumePlan::finish)
        return finish(*old);
    if (chosen != ResumePlan::supersede)
        return refused_ ? refuse() : load(old, chosen == ResumePlan::resume);
    db::Transaction tx(run_.connection);
    supersede_batch(tx, old->id);
    tx.commit(Failpoint::import_supersede_commit);
    return refused_ ? refuse() : load({}, false);
}

Done FileImport::refuse() {
    {
        db::Transaction tx(run_.connection);
        const std::int64_t id = store_refusal(tx, source(), *refused_, counts_);
        store_rejects(tx, id, run_.feed->name, task_.source, survey_.rejects);
        tx.commit(Failpoint::import_refuse_commit);
    }
    log::error("file refused",
               {{"feed", run_.feed->name}, {"file", task_.source}, {"reason", *refused_}});
    quarantine();
    return done(Done::State::refused);
}

Done FileImport::load(const std::optional<FoundBatch>& old, bool resume) {
    LoadStart start;
    if (resume) {
        start = {old->id, old->prior.bytes_done, old->prior.records_done, old->counts};
        log::info("import resumed", {{"feed", run_.feed->name},
                                     {"file", task_.source},
                                     {"record", old->prior.records_done + 1}});
    } else {
        db::Transaction tx(run_.connection);
        start.batch_id = payments::open_batch(tx, source());
        tx.commit(Failpoint::import_batch_open_commit);
    }
    counts_ = load_file(run_, task_, survey_, occurrences_, start);
    {
        db::Transaction tx(run_.connection);
        payments::close_batch(tx, start.batch_id, run_.feed->name);
        tx.commit(Failpoint::import_batch_close_commit);
    }
    log::info("file loaded", {{"feed", run_.feed->name},
                              {"file", task_.source},
                              {"new", counts_.fresh},
                              {"duplicate", counts_.duplicate},
                              {"rejected", counts_.rejected},
                              {"skipped", counts_.skipped}});
    archive(start.batch_id);
    return done(Done::State::loaded);
}

Done FileImport::finish(const FoundBatch& old) {
    counts_ = {};
    if (old.prior.state == PriorBatch::State::refused) {
        quarantine();
        return done(Done::State::refused);
    }
    archive(old.id);
    return done(Done::State::moved);
}

void FileImport::archive(std::int64_t batch_id) {
    if (!task_.in_directory)
        return;
    rename_durably(task_.path, run_.settings.archive / today() / task_.source,
                   Failpoint::import_archive_rename);
    db::Transaction tx(run_.connection);
    mark_archived(tx, batch_id);
    tx.commit(Failpoint::import_archived_commit);
}

void FileImport::quarantine() {
    if (task_.in_directory)
        rename_durably(task_.path, run_.settings.rejected / task_.source,
                       Failpoint::import_refuse_rename);
}

} // namespace

std::optional<Done> import_file(FeedRun& run, const FileTask& task) {
    return FileImport(run, task).work();
}

void settle_moved(FeedRun& run) {
    db::Transaction tx(run.connection);
    bool any = false;
    for (const LoadedBatch& batch : loaded_batches(tx, run.feed->name)) {
        if (fs::exists(run.settings.base / batch.source))
            continue;
        mark_archived(tx, batch.id);
        any = true;
    }
    if (any)
        tx.commit(Failpoint::import_archived_commit);
}

} // namespace harmonia::importing
