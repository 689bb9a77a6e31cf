// Writes blocks on threads and connections of their own, while the next ones are read and decided.
#pragma once

#include "jobs/match/store.hpp"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace harmonia::match {

/// Blocks of one merchant change different rows, so that several may be written at the same time
/// and committed in any order. At most one waits: memory is a block a session and two (filled,
/// waiting).
class Writer {
public:
    /// Connects with the first block that a session takes. The rule's text is stored already.
    Writer(const db::Settings& settings, const WriteFacts& facts, std::size_t sessions);
    ~Writer(); ///< what was not finished is not written
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    /// Hands a block over; waits while one is waiting. Throws what writing an earlier block threw.
    void submit(Block block);
    /// Waits until all is written. Throws as submit() does.
    void finish();

private:
    void work(const db::Settings& settings, const WriteFacts& facts);
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Block> waiting_;
    std::size_t busy_ = 0; ///< blocks being written
    bool closed_ = false;
    std::exception_ptr failure_;        ///< the first; nothing is begun after it
    std::vector<std::jthread> threads_; ///< last: started when all else is there
};

} // namespace harmonia::match
