// Two threads over one file: while one block is written, the next is read and mapped.
#pragma once

#include "core/parallel/prefetch.hpp"
#include "jobs/import/decide/decide.hpp"
#include "jobs/import/plan/records.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace harmonia::importing {

/// What one transaction stores: a block, the records refused in between, and the checkpoint.
struct Piece {
    std::unique_ptr<importers::Block> block;
    std::vector<Reject> rejects;
    std::size_t reject_bytes = 0;
    std::uint64_t warned = 0;                       ///< skipped with a warning
    Counts counts;                                  ///< read, rejected, skipped
    std::uint64_t bytes_done = 0, records_done = 0; ///< the checkpoint after it
    void clear();
};

/// Fills pieces on a thread of its own, one ahead (parallel::Prefetch).
class Pipeline {
public:
    /// `fill` fills an empty piece and returns whether there is anything to write; false ends the
    /// work. It runs on the other thread and may throw; take() rethrows it.
    Pipeline(importers::SinkSession& session, std::function<bool(Piece&)> fill);
    /// The next filled piece, null after the last; the one taken before is free to be filled again.
    [[nodiscard]] Piece* take() { return pieces_.take(); }

private:
    parallel::Prefetch<Piece> pieces_;
};

} // namespace harmonia::importing
