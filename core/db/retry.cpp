#include "core/db/retry.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"

#include <algorithm>
#include <random>
#include <string_view>

namespace harmonia::db {
namespace {

constexpr unsigned k_pause_first_ms = 100;
constexpr int k_doublings_max = 16; // keeps the shift in range; pause_max is reached long before

// Half of the pause at least, the rest by chance, so that those who met do not meet again.
void pause(const RetryLimit& limit, int tried) {
    static thread_local std::random_device chance;
    const unsigned longest = std::min(k_pause_first_ms << std::min(tried - 2, k_doublings_max),
                                      static_cast<unsigned>(limit.pause_max.count()));
    sleep_unless_stopped(static_cast<int>(longest * (50 + chance() % 51) / 100));
}

} // namespace

bool is_data_error(const Failure& failure) {
    const std::string_view kind = std::string_view(failure.sqlstate()).substr(0, 2);
    return kind == "22" || kind == "23" || kind == "54";
}

void prepare_retry(const RetryLimit& limit, int tried) {
    std::string met;
    try {
        throw;
    } catch (const Failure& failure) {
        const bool conflict =
            failure.retryable() || (limit.unique_violations && failure.unique_violation());
        if (!conflict || tried >= limit.tries)
            throw;
        met = failure.sqlstate();
    } catch (const Conflict& conflict) {
        if (tried >= limit.tries)
            throw;
        met = conflict.what();
    }
    log::info("conflict with another session, retrying", {{"reason", met}, {"try", tried}});
    if (limit.pause_max.count() == 0)
        return;
    throw_if_stopped();
    if (tried > 1)
        pause(limit, tried);
}

} // namespace harmonia::db
