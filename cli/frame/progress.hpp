// How far a long command is, on standard error: a bar on a terminal, otherwise a log line now and
// then.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace harmonia::cli {

/// What is known of the work at hand. `total` 0: unknown, then only the count is shown.
struct ProgressState {
    std::string what;                  ///< `mastercard-settled settled-1.txt`
    std::string phase;                 ///< `checking`, `loading`
    std::uint64_t done = 0, total = 0; ///< bytes
    std::uint64_t records = 0;
};

/// One bar per process; while it lives, log lines are printed above it. update() on one thread; log
/// lines may come from any.
class ProgressBar {
public:
    explicit ProgressBar(bool draw);
    ~ProgressBar(); ///< wipes the bar
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    void update(const ProgressState& state);

private:
    using Clock = std::chrono::steady_clock;
    static void before_log_line();
    static void after_log_line();
    void wipe();
    void show();

    const bool draw_;
    std::mutex mutex_; ///< guards line_ and the terminal
    std::string line_; ///< as drawn now; empty: none
    std::string stage_;
    Clock::time_point stage_began_, said_;
};

/// `[=====>    ]  43 %  1234567 records  81000/s  0:12 left  loading mastercard-settled x.txt`, cut
/// to `width` columns. `seconds`: since the stage began.
[[nodiscard]] std::string progress_line(const ProgressState& state, double seconds,
                                        std::size_t width);

} // namespace harmonia::cli
