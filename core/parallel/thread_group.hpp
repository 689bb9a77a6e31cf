// Threads that work side by side and fail as one.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace harmonia::parallel {

/// Runs functions on threads of their own. The first exception is kept for join(); the others learn
/// of it from failed(). The destructor waits for the threads.
class ThreadGroup {
public:
    void start(std::function<void()> work);
    /// Runs `work` on the caller's thread, with the same treatment of exceptions.
    void run(const std::function<void()>& work);
    /// True once one of them threw: the others should end soon. Any thread.
    [[nodiscard]] bool failed() const;
    /// Waits for all threads, then rethrows the first exception.
    void join();

private:
    mutable std::mutex mutex_; ///< guards first_
    std::exception_ptr first_;
    std::vector<std::jthread> threads_; ///< last: they use the rest
};

/// Calls task(0) … task(count - 1), each once and in any order, on at most `threads` threads, the
/// caller's among them. After the first exception no further call begins, and it is rethrown.
void for_each_index(std::size_t threads, std::size_t count,
                    const std::function<void(std::size_t)>& task);

} // namespace harmonia::parallel
