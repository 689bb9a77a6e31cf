// Writes blocks on a thread and a connection of its own, while the next ones are read and decided.
#pragma once

#include "jobs/match/store.hpp"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace harmonia::match {

/// At most one block waits: memory is three blocks (filled, waiting, written).
class Writer {
public:
    Writer(const db::Settings& settings, WriteFacts facts);
    ~Writer(); ///< what was not finished is not written
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    /// Hands a block over; waits while one is waiting. Throws what writing an earlier block threw.
    void submit(Block block);
    /// Waits until all is written. Throws as submit() does.
    void finish();

private:
    void work(const db::Settings& settings, WriteFacts facts);
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Block> waiting_;
    bool busy_ = false, closed_ = false;
    std::exception_ptr failure_;
    std::jthread thread_; ///< last: started when all else is there
};

} // namespace harmonia::match
