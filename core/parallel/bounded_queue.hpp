// A queue between threads that blocks its producers when it is full.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace harmonia::parallel {

/// Any number of producers and consumers. Nothing is lost by close(): what is queued is still
/// taken.
template <class Item>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}
    BoundedQueue(const BoundedQueue&) = delete;
    BoundedQueue& operator=(const BoundedQueue&) = delete;

    /// Blocks while `limit` items are queued.
    void push(Item item) {
        std::unique_lock lock(mutex_);
        taken_.wait(lock, [this] { return items_.size() < limit_; });
        items_.push_back(std::move(item));
        pushed_.notify_one();
    }
    /// Blocks until there is an item; empty once the queue is closed and drained.
    [[nodiscard]] std::optional<Item> pop() {
        std::unique_lock lock(mutex_);
        pushed_.wait(lock, [this] { return closed_ || !items_.empty(); });
        if (items_.empty())
            return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        taken_.notify_one();
        return item;
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        pushed_.notify_all();
    }

private:
    const std::size_t limit_;
    std::mutex mutex_; ///< guards all below
    std::condition_variable pushed_, taken_;
    std::deque<Item> items_;
    bool closed_ = false;
};

} // namespace harmonia::parallel
