#include "jobs/import/files/loader.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "jobs/import/files/pipeline.hpp"
#include "jobs/import/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace harmonia::importing {
namespace {

// A block that the database refuses is cut into this many parts, until the bad record is alone.
constexpr std::uint64_t k_narrowing = 8;

/// Where reading begins and how large blocks are.
struct ReadPlan {
    std::uint64_t skip_bytes = 0;
    Bounds bounds;
    std::optional<Problem> first_is_bad; ///< the database refuses the first record, a block alone
};

/// The reading side; lives on the pipeline's thread.
class Filler {
public:
    Filler(FeedRun& run, const FileTask& task, importers::OccurrenceCounter& occurrences,
           ReadPlan plan)
        : records_(*run.feed->format, run.session, occurrences, importers::open_file(task.path)),
          bounds_(plan.bounds), skip_bytes_(plan.skip_bytes),
          first_is_bad_(std::move(plan.first_is_bad)), count_occurrences_(occurrences.any()) {
        occurrences.start_counting();
    }

    bool fill(Piece& piece) {
        skip(*piece.block);
        if (first_is_bad_) {
            read_one(piece);
            refuse_last(piece);
            return piece.counts.read > 0;
        }
        while (!ended_ &&
               !bounds_.full(piece.counts.read, piece.block->bytes() + piece.reject_bytes))
            read_one(piece);
        return piece.counts.read > 0;
    }

private:
    // Records that are stored already. Repeated ones among them have numbers, so they are counted
    // again.
    void skip(importers::Block& scratch) {
        while (!ended_ && records_.raw().next < skip_bytes_) {
            if (count_occurrences_)
                ended_ = records_.next(scratch) == Records::Kind::end;
            else
                ended_ = !records_.skip();
            if (scratch.rows() > k_records_per_check)
                scratch.clear();
        }
        scratch.clear();
    }

    void read_one(Piece& piece) {
        const Records::Kind kind = records_.next(*piece.block);
        if (kind == Records::Kind::end) {
            ended_ = true;
            return;
        }
        ++piece.counts.read;
        piece.bytes_done = records_.raw().next;
        piece.records_done = records_.raw().number;
        if (kind == Records::Kind::rejected) {
            ++piece.counts.rejected;
            piece.rejects.push_back(records_.reject());
            piece.reject_bytes += sizeof(Reject) + piece.rejects.back().raw.size();
        } else if (kind != Records::Kind::kept) {
            ++piece.counts.skipped;
            piece.warned += kind == Records::Kind::skipped_warned ? 1 : 0;
        }
    }

    void refuse_last(Piece& piece) {
        const auto& raw = records_.raw();
        if (piece.block->rows() > 0) {
            piece.block->clear();
            ++piece.counts.rejected;
            piece.rejects.push_back(make_reject({raw.number, raw.line, raw.offset}, *first_is_bad_,
                                                records_.storable(), raw.bytes));
        }
        first_is_bad_.reset();
    }

    Records records_;
    Bounds bounds_;
    std::uint64_t skip_bytes_;
    std::optional<Problem> first_is_bad_;
    bool count_occurrences_, ended_ = false;
};

/// The writing side: block after block, from checkpoint to checkpoint.
class FileLoader {
public:
    FileLoader(FeedRun& run, const FileTask& task, const Survey& survey,
               importers::OccurrenceCounter& occurrences, const LoadStart& start)
        : run_(run), task_(task), survey_(survey), occurrences_(occurrences), at_(start) {
        next_.bounds = run.settings.block;
    }

    Counts work() {
        while (!load_from_checkpoint()) {
        }
        if (at_.records_done != survey_.finding.records)
            throw Error(Exit::io,
                        fmt::format("{} changed while it was read: {} records, then {}",
                                    task_.source, survey_.finding.records, at_.records_done),
                        "Rename files into the directory only when they are complete.");
        if (warned_ > 0)
            log::warn("records skipped by a filter that warns",
                      {{"feed", run_.feed->name}, {"file", task_.source}, {"count", warned_}});
        return at_.counts;
    }

private:
    // True at the end of the file; false: call again, with blocks of another size.
    bool load_from_checkpoint() {
        next_.skip_bytes = at_.bytes_done;
        Filler filler(run_, task_, occurrences_, next_);
        Pipeline pipeline(run_.session, [&filler](Piece& piece) { return filler.fill(piece); });
        while (Piece* piece = pipeline.take()) {
            try {
                write(*piece);
            } catch (const db::Failure& failure) {
                if (!db::is_data_error(failure))
                    throw;
                narrow(failure, piece->counts.read);
                return false;
            }
            next_.first_is_bad.reset();
            throw_if_stopped();
        }
        return true;
    }

    void narrow(const db::Failure& failure, std::uint64_t rows) {
        next_.bounds = run_.settings.block;
        if (rows > 1) {
            next_.bounds.rows = std::max<std::uint64_t>(1, rows / k_narrowing);
            return;
        }
        next_.first_is_bad = payments::not_storable(failure);
        log::warn("bad record", {{"feed", run_.feed->name},
                                 {"file", task_.source},
                                 {"record", at_.records_done + 1},
                                 {"reason", next_.first_is_bad->code}});
    }

    void write(Piece& piece) {
        at_.counts += db::retry_on_conflict(payments::k_import_retry, [&] {
            db::Transaction tx(run_.connection);
            importers::BlockCounts written;
            if (piece.block->rows() > 0)
                written = run_.session.write(tx, *piece.block, at_.batch_id);
            const std::vector<Reject> conflicts = conflicting(written);
            Counts counts = piece.counts;
            count_written(counts, written);
            count_reasons(counts, piece.rejects);
            count_reasons(counts, conflicts);
            store_rejects(tx, at_.batch_id, run_.feed->name, task_.source, piece.rejects);
            store_rejects(tx, at_.batch_id, run_.feed->name, task_.source, conflicts);
            move_checkpoint(tx, at_.batch_id,
                            {at_.bytes_done, piece.bytes_done, piece.records_done, counts,
                             written.date_from_us, written.date_to_us});
            tx.commit(Failpoint::import_block_commit);
            return counts;
        });
        at_.bytes_done = piece.bytes_done;
        at_.records_done = piece.records_done;
        warned_ += piece.warned;
        if (run_.progress)
            run_.progress({run_.feed->name, task_.source, "loading", at_.bytes_done, survey_.bytes,
                           at_.records_done});
    }

    FeedRun& run_;
    const FileTask& task_;
    const Survey& survey_;
    importers::OccurrenceCounter& occurrences_;
    LoadStart at_;
    ReadPlan next_;
    std::uint64_t warned_ = 0;
};

} // namespace

Counts load_file(FeedRun& run, const FileTask& task, const Survey& survey,
                 importers::OccurrenceCounter& occurrences, const LoadStart& start) {
    return FileLoader(run, task, survey, occurrences, start).work();
}

} // namespace harmonia::importing
