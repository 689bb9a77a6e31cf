// Two threads over one file: while one block is written, the next is read and mapped.
#pragma once

#include "jobs/import/decide.hpp"
#include "jobs/import/records.hpp"

#include <array>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace harmonia::importing {

/// What one transaction stores: the block, what was refused beside it, and where it ends.
struct Piece {
    std::unique_ptr<importers::Block> block;
    std::vector<Reject> rejects;
    std::size_t reject_bytes = 0;
    std::uint64_t warned = 0;                       ///< skipped with a warning
    Counts counts;                                  ///< read, rejected, skipped
    std::uint64_t bytes_done = 0, records_done = 0; ///< the checkpoint behind it
    void clear();
};

/// Fills pieces on a thread of its own, one ahead. Destroying it early stops the thread.
class Pipeline {
public:
    /// `fill` fills an empty piece and says whether it is worth writing; false ends the work. It
    /// runs on the other thread and may throw; what it throws comes out of take().
    Pipeline(importers::SinkSession& session, std::function<bool(Piece&)> fill);
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    /// The next filled piece, null after the last; the one taken before is free to be filled again.
    [[nodiscard]] Piece* take();

private:
    void work();
    std::array<Piece, 2> pieces_;
    std::function<bool(Piece&)> fill_;
    std::mutex mutex_; ///< guards all below
    std::condition_variable changed_;
    std::size_t filled_ = 0, taken_ = 0; ///< how many so far; piece n is pieces_[n % 2]
    bool done_ = false, stop_ = false;
    std::exception_ptr failure_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace harmonia::importing
