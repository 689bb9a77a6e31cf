#include "jobs/import/loader.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "jobs/import/pipeline.hpp"
#include "jobs/import/store.hpp"

#include <fmt/format.h>

namespace harmonia::importing {
namespace {

/// The reading side; lives on the pipeline's thread.
class Filler {
public:
    Filler(FeedRun& run, const FileTask& task, importers::Twins& twins, const LoadStart& start)
        : records_(*run.feed->format, run.session, twins, importers::open_file(task.path)),
          bounds_(run.settings.block), skip_bytes_(start.bytes_done), count_twins_(twins.any()) {}

    bool fill(Piece& piece) {
        skip(*piece.block);
        while (!ended_ &&
               !bounds_.full(piece.counts.read, piece.block->bytes() + piece.reject_bytes))
            read_one(piece);
        return piece.counts.read > 0;
    }

private:
    // Records that are stored already. Twins among them have numbers, so they are counted again.
    void skip(importers::Block& scratch) {
        while (!ended_ && records_.raw().next < skip_bytes_) {
            if (count_twins_)
                ended_ = records_.next(scratch) == Records::Kind::end;
            else
                ended_ = !records_.pass();
            if (scratch.rows() > k_records_a_look)
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

    Records records_;
    Bounds bounds_;
    std::uint64_t skip_bytes_;
    bool count_twins_, ended_ = false;
};

Counts write_piece(FeedRun& run, const FileTask& task, Piece& piece, std::int64_t batch_id,
                   std::uint64_t bytes_before) {
    return write_despite_others([&] {
        db::Transaction tx(run.connection);
        importers::BlockCounts written;
        if (piece.block->rows() > 0)
            written = run.session.write(tx, *piece.block, batch_id);
        store_rejects(tx, batch_id, run.feed->name, task.source, piece.rejects);
        Counts counts = piece.counts;
        counts.fresh = written.inserted;
        counts.duplicate = written.duplicates;
        counts.unidentified = written.unidentified;
        move_checkpoint(tx, batch_id,
                        {bytes_before, piece.bytes_done, piece.records_done, counts,
                         written.date_from_us, written.date_to_us});
        tx.commit(Failpoint::import_block_commit);
        return counts;
    });
}

} // namespace

Counts load_file(FeedRun& run, const FileTask& task, const Survey& survey, importers::Twins& twins,
                 const LoadStart& start) {
    Counts counts = start.counts;
    std::uint64_t bytes_done = start.bytes_done, records_done = start.records_done, warned = 0;
    Filler filler(run, task, twins, start);
    Pipeline pipeline(run.session, [&filler](Piece& piece) { return filler.fill(piece); });
    while (Piece* piece = pipeline.take()) {
        counts += write_piece(run, task, *piece, start.batch_id, bytes_done);
        bytes_done = piece->bytes_done;
        records_done = piece->records_done;
        warned += piece->warned;
        if (run.progress)
            run.progress(
                {run.feed->name, task.source, "loading", bytes_done, survey.bytes, records_done});
        throw_if_stopped();
    }
    if (records_done != survey.finding.records)
        throw Error(Exit::io,
                    fmt::format("{} changed while it was read: {} records, then {}", task.source,
                                survey.finding.records, records_done),
                    "Move files into the directory when they are complete, by a rename.");
    if (warned > 0)
        log::warn("records left out by a filter that warns",
                  {{"feed", run.feed->name}, {"file", task.source}, {"count", warned}});
    return counts;
}

} // namespace harmonia::importing
