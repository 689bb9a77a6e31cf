// The clock as a parameter of code that depends on the time.
#pragma once

#include <atomic>
#include <cstdint>

namespace harmonia::time {

class Clock {
public:
    virtual ~Clock() = default;
    /// Microseconds since 1970 UTC. Any thread.
    [[nodiscard]] virtual std::int64_t now_us() const = 0;
};

/// The system's clock.
[[nodiscard]] const Clock& system_clock();

/// Moves only on request.
class ManualClock final : public Clock {
public:
    explicit ManualClock(std::int64_t now_us) : now_us_(now_us) {}
    [[nodiscard]] std::int64_t now_us() const override { return now_us_; }
    void set(std::int64_t now_us) { now_us_ = now_us; }
    void advance(std::int64_t by_us) { now_us_ += by_us; }

private:
    std::atomic<std::int64_t> now_us_;
};

} // namespace harmonia::time
