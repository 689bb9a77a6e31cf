#include "jobs/screen/run_writer.hpp"

#include "core/base/stop.hpp"

namespace harmonia::screen {

Writers::Writers(const db::Settings& database, const Judging& live, const Judging* shadow,
                 const History& history, PublishSettings settings, unsigned sessions) {
    for (unsigned i = 0; i < sessions; ++i)
        threads_.emplace_back(
            [=, this, &live, &history] { work(database, live, shadow, history, settings); });
}

Writers::~Writers() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        waiting_.reset();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void Writers::submit(Chunk chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_ || failure_; });
    if (failure_)
        std::rethrow_exception(failure_);
    throw_if_stopped();
    waiting_ = std::move(chunk);
    changed_.notify_all();
}

ChunkCounts Writers::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (!waiting_ && busy_ == 0) || failure_; });
    if (failure_)
        std::rethrow_exception(failure_);
    return counts_;
}

void Writers::work(const db::Settings& database, const Judging& live, const Judging* shadow,
                   const History& history, PublishSettings settings) {
    std::unique_lock lock(mutex_);
    bool writing = false;
    try {
        std::unique_ptr<db::Connection> connection;
        std::optional<ChunkStore> store;
        while (true) {
            changed_.wait(lock, [&] { return waiting_ || closed_ || failure_; });
            if (!waiting_ || failure_)
                return;
            const Chunk chunk = std::move(*waiting_);
            waiting_.reset();
            writing = true;
            ++busy_;
            changed_.notify_all();
            lock.unlock();
            if (!connection) {
                connection = db::connect(database);
                store.emplace(*connection, live, shadow, history, settings);
            }
            const ChunkCounts counts = store->write(chunk);
            lock.lock();
            counts_.add(counts);
            writing = false;
            --busy_;
            changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock())
            lock.lock();
        busy_ -= writing ? 1 : 0;
        if (!failure_)
            failure_ = std::current_exception();
        changed_.notify_all();
    }
}

} // namespace harmonia::screen
