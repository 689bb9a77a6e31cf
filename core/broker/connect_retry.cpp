#include "core/broker/connect_retry.hpp"

#include "core/base/log.hpp"

#include <chrono>
#include <random>
#include <thread>

namespace harmonia::broker {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds k_delay_first{100};
constexpr milliseconds k_delay_max{5'000};
constexpr milliseconds k_stop_check{50}; // how soon a stop is noticed

/// Between half the delay and the delay: a fleet that lost its broker must not come back in step.
milliseconds jittered(milliseconds delay) {
    thread_local std::minstd_rand random(std::random_device{}());
    std::uniform_int_distribution<long> pick(delay.count() / 2, delay.count());
    return milliseconds(pick(random));
}

void sleep(milliseconds time, const std::function<bool()>& stopped) {
    const auto until = Clock::now() + time;
    while (Clock::now() < until && !stopped())
        std::this_thread::sleep_for(std::min(k_stop_check, time));
}

} // namespace

std::unique_ptr<Link> connect_with_retry(const Settings& settings,
                                         const std::function<bool()>& stopped) {
    const auto deadline = Clock::now() + milliseconds(settings.connect_wait_ms);
    auto delay = k_delay_first;
    for (;;) {
        try {
            return std::make_unique<Link>(settings);
        } catch (const LinkLost& problem) {
            const auto pause = jittered(delay);
            if (stopped() || Clock::now() + pause >= deadline)
                throw;
            log::debug("broker not reached, trying again",
                       {{"error", problem.what()}, {"delay_ms", pause.count()}});
            sleep(pause, stopped);
        }
        delay = std::min(delay * 2, k_delay_max);
    }
}

} // namespace harmonia::broker
