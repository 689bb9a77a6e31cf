// Writes pieces of work on threads of their own while the caller reads and decides the next ones.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace harmonia::parallel {

/// Pieces may be written at the same time and committed in any order. At most one is queued, so
/// memory holds one piece a thread and two more (the one being filled, the one queued).
template <class Piece>
class Writers {
public:
    using Write = std::function<void(Piece)>;

    /// `open` is called on each thread before it writes its first piece: it connects and returns
    /// the function that writes there.
    Writers(std::size_t threads, std::function<Write()> open) {
        for (std::size_t i = 0; i < threads; ++i)
            threads_.emplace_back([this, open] { work(open); });
    }
    /// Finishes the pieces being written and drops the queued one.
    ~Writers() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            queued_.reset();
        }
        changed_.notify_all();
    }
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;

    /// Hands a piece over; blocks while one is queued. Rethrows the first failure of a writer.
    void submit(Piece piece) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !queued_ || failure_; });
        if (failure_)
            std::rethrow_exception(failure_);
        queued_ = std::move(piece);
        changed_.notify_all();
    }
    /// Blocks until everything is written. Rethrows as submit() does.
    void finish() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return (!queued_ && busy_ == 0) || failure_; });
        if (failure_)
            std::rethrow_exception(failure_);
    }

private:
    void work(const std::function<Write()>& open) {
        std::unique_lock lock(mutex_);
        try {
            Write write;
            while (true) {
                changed_.wait(lock, [&] { return queued_ || closed_ || failure_; });
                if (!queued_ || failure_)
                    return;
                Piece piece = std::move(*queued_);
                queued_.reset();
                ++busy_;
                changed_.notify_all();
                lock.unlock();
                if (!write)
                    write = open();
                write(std::move(piece));
                lock.lock();
                --busy_;
                changed_.notify_all();
            }
        } catch (...) {
            if (!lock.owns_lock())
                lock.lock();
            if (!failure_)
                failure_ = std::current_exception();
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Piece> queued_;
    std::size_t busy_ = 0; ///< pieces being written
    bool closed_ = false;
    std::exception_ptr failure_;        ///< the first; nothing is begun after it
    std::vector<std::jthread> threads_; ///< last: started when all else is there
};

} // namespace harmonia::parallel
