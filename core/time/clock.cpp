#include "core/time/clock.hpp"

#include <chrono>

namespace harmonia::time {

namespace {

class SystemClock final : public Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    }
};

} // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

} // namespace harmonia::time
