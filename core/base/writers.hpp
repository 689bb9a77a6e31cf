// Pieces of work written on threads of their own, while the next ones are read and decided.
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

namespace harmonia {

/// Pieces may be written at the same time and committed in any order. At most one waits: memory is
/// a piece a thread and two (filled, waiting).
template <class Piece>
class Writers {
public:
    using Write = std::function<void(Piece)>;

    /// `open` is called on each thread, with the first piece that it takes: it connects, and
    /// returns what writes pieces there.
    Writers(std::size_t threads, std::function<Write()> open) {
        for (std::size_t i = 0; i < threads; ++i)
            threads_.emplace_back([this, open] { work(open); });
    }
    /// Pieces being written are finished; one that waits is not begun.
    ~Writers() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            waiting_.reset();
        }
        changed_.notify_all();
    }
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;

    /// Hands a piece over; waits while one is waiting. Throws what writing an earlier one threw.
    void submit(Piece piece) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !waiting_ || failure_; });
        if (failure_)
            std::rethrow_exception(failure_);
        waiting_ = std::move(piece);
        changed_.notify_all();
    }
    /// Waits until all is written. Throws as submit() does.
    void finish() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return (!waiting_ && busy_ == 0) || failure_; });
        if (failure_)
            std::rethrow_exception(failure_);
    }

private:
    void work(const std::function<Write()>& open) {
        std::unique_lock lock(mutex_);
        try {
            Write write;
            while (true) {
                changed_.wait(lock, [&] { return waiting_ || closed_ || failure_; });
                if (!waiting_ || failure_)
                    return;
                Piece piece = std::move(*waiting_);
                waiting_.reset();
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
    std::optional<Piece> waiting_;
    std::size_t busy_ = 0; ///< pieces being written
    bool closed_ = false;
    std::exception_ptr failure_;        ///< the first; nothing is begun after it
    std::vector<std::jthread> threads_; ///< last: started when all else is there
};

} // namespace harmonia
