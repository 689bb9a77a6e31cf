#include "core/base/stop.hpp"

#include "core/base/error.hpp"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace harmonia {
namespace {

std::atomic<int> g_signal{0};

extern "C" void on_stop_signal(int number) {
    if (g_signal.exchange(number) != 0)
        ::_exit(128 + number);
}

} // namespace

void install_stop_handlers() {
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr); // no SA_RESTART: waits end early
    ::sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() {
    return g_signal.load(std::memory_order_relaxed);
}

void throw_if_stopped() {
    const int number = stop_signal();
    if (number == SIGINT)
        throw Error(Exit::interrupted, "interrupted");
    if (number == SIGTERM)
        throw Error(Exit::terminated, "terminated");
}

bool sleep_unless_stopped(int milliseconds) {
    constexpr int k_slice_ms = 100; // another thread may have received the signal
    for (int left = milliseconds; left > 0; left -= k_slice_ms) {
        if (stop_signal() != 0)
            return true;
        ::poll(nullptr, 0, left < k_slice_ms ? left : k_slice_ms);
    }
    return stop_signal() != 0;
}

} // namespace harmonia
