// Two pieces of memory in turn: while the caller works on one, a thread fills the next.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace harmonia::parallel {

/// Fills pieces on a thread of its own, one ahead. Destroying it early stops the thread after the
/// piece being filled. take() is for one thread.
template <class Piece>
class Prefetch {
public:
    /// `fill` overwrites a piece that was used before and says whether it is worth taking; false
    /// ends the work. It runs on the other thread; what it throws comes out of take().
    Prefetch(std::array<Piece, 2> pieces, std::function<bool(Piece&)> fill)
        : pieces_(std::move(pieces)), fill_(std::move(fill)), thread_([this] { work(); }) {}
    ~Prefetch() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
    }
    Prefetch(const Prefetch&) = delete;
    Prefetch& operator=(const Prefetch&) = delete;

    /// The next piece, null after the last. The one taken before may be filled again from now on.
    [[nodiscard]] Piece* take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return filled_ > taken_ || done_ || failure_ != nullptr; });
        if (filled_ == taken_) {
            if (failure_ != nullptr)
                std::rethrow_exception(failure_);
            return nullptr;
        }
        Piece* piece = &pieces_[taken_++ % 2];
        changed_.notify_all();
        return piece;
    }

private:
    void work() {
        try {
            for (bool more = true; more;) {
                std::unique_lock lock(mutex_);
                // Piece n takes the place of piece n - 2, which is free once n - 1 was taken.
                changed_.wait(lock, [this] { return stop_ || filled_ < taken_ + 1; });
                if (stop_)
                    return;
                Piece& piece = pieces_[filled_ % 2];
                lock.unlock();
                more = fill_(piece);
                lock.lock();
                filled_ += more ? 1 : 0;
                done_ = !more;
                changed_.notify_all();
            }
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
            changed_.notify_all();
        }
    }

    std::array<Piece, 2> pieces_;
    std::function<bool(Piece&)> fill_;
    std::mutex mutex_; ///< guards all below
    std::condition_variable changed_;
    std::size_t filled_ = 0, taken_ = 0; ///< how many so far; piece n is pieces_[n % 2]
    bool done_ = false, stop_ = false;
    std::exception_ptr failure_;
    std::jthread thread_; ///< last: it uses the rest
};

} // namespace harmonia::parallel
