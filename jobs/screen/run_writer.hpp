// Chunks written on sessions of their own while the next ones are judged.
#pragma once

#include "jobs/screen/store.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace harmonia::screen {

class Writers {
public:
    /// `sessions`: how many chunks are written at a time. What is referred to must outlive this.
    Writers(const db::Settings& database, const Judging& live, const Judging* shadow,
            const History& history, PublishSettings settings, unsigned sessions);
    /// Chunks being written are finished; one not begun is left to the next run.
    ~Writers();
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;
    /// Waits while all sessions have work. Throws what a writer threw, or that a stop was asked
    /// for.
    void submit(Chunk chunk);
    /// Waits for all; returns the sums. Throws what a writer threw.
    ChunkCounts finish();

private:
    void work(const db::Settings& database, const Judging& live, const Judging* shadow,
              const History& history, PublishSettings settings);
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Chunk> waiting_;
    unsigned busy_ = 0;
    bool closed_ = false;
    std::exception_ptr failure_;
    ChunkCounts counts_;
    std::vector<std::thread> threads_;
};

} // namespace harmonia::screen
