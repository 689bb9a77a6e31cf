#include "core/parallel/thread_group.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace harmonia::parallel {

void ThreadGroup::run(const std::function<void()>& work) {
    try {
        work();
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!first_)
            first_ = std::current_exception();
    }
}

void ThreadGroup::start(std::function<void()> work) {
    threads_.emplace_back([this, work = std::move(work)] { run(work); });
}

bool ThreadGroup::failed() const {
    const std::lock_guard lock(mutex_);
    return first_ != nullptr;
}

void ThreadGroup::join() {
    threads_.clear();
    if (first_)
        std::rethrow_exception(std::exchange(first_, nullptr));
}

void for_each_index(std::size_t threads, std::size_t count,
                    const std::function<void(std::size_t)>& task) {
    const std::size_t workers =
        std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(count, 1));
    std::atomic<std::size_t> next = 0;
    ThreadGroup group;
    const auto work = [&] {
        for (std::size_t i = next++; i < count && !group.failed(); i = next++)
            task(i);
    };
    for (std::size_t i = 1; i < workers; ++i)
        group.start(work);
    group.run(work);
    group.join();
}

} // namespace harmonia::parallel
